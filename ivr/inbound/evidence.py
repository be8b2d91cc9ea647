"""Asking Asterisk what the call's SIP message says about the number that was dialled."""

from __future__ import annotations

from config.numberplan import DialledEvidence
from ivr.fastagi import AgiRefused, AgiSession

# More redirections than these are not read; the network allows five or so.
MAX_HEADERS = 10


async def read_evidence(session: AgiSession) -> DialledEvidence:
    """The dialled number and the headers that can tell about an earlier one.

    Raises:
        CallerGone: the caller hung up.
    """
    request = await session.get_variable("HL_DIALLED") or session.extension
    if not session.channel.startswith("PJSIP/"):
        return DialledEvidence(request=request)
    return DialledEvidence(
        request=request,
        diversion=await _all(session, "Diversion"),
        history_info=await _all(session, "History-Info"),
        called_party=await _header(session, "P-Called-Party-ID", 1) or "",
        to=await _header(session, "To", 1) or "",
    )


async def _all(session: AgiSession, name: str) -> tuple[str, ...]:
    values: list[str] = []
    for index in range(1, MAX_HEADERS + 1):
        value = await _header(session, name, index)
        if not value:
            break
        values.append(value)
    return tuple(values)


async def _header(session: AgiSession, name: str, index: int) -> str | None:
    try:
        return await session.get_variable(f"PJSIP_HEADER(read,{name},{index})")
    except AgiRefused:
        return None
