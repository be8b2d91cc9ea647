"""Asked before the answer: whether the caller is told that the number is restricted."""

from __future__ import annotations

from ivr.fastagi import AgiSession
from ivr.inbound.standing import CallerStandings, standing_of


class ScreeningHandler:
    """Serves ``agi://…/screening``.

    Sets HL_NEXT=blocked for callers on the blocking list. The dialplan tells and releases them by
    itself; it answers whoever it is told nothing about.
    """

    def __init__(self, standings: CallerStandings) -> None:
        self._standings = standings

    async def __call__(self, session: AgiSession) -> None:
        """Serve one call.

        Raises:
            CallerGone: the caller hung up; the server takes note of it.
        """
        if standing_of(session, self._standings).blocked:
            await session.set_variable("HL_NEXT", "blocked")
