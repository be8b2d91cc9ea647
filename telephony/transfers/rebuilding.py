"""Transfers as the channels show them, for a service that was not there when they began."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from telephony.events import TransferKind
from telephony.transfers.control import Placed
from telephony.transfers.states import TransferState
from telephony.transfers.transfer import ANY_ROOM, Transfer

_TELEPHONE = "PJSIP/"


def rebuilt(placed: Sequence[Placed]) -> Iterable[Transfer]:
    """One transfer per call that has a channel in the transfer context.

    A target that still rings does not belong to its call yet: it is found out by its answer, and
    the dialplan looks after the caller until then.
    """
    calls: dict[str, dict[str, Placed]] = {}
    for one in placed:
        if one.place:
            calls.setdefault(one.call_id, {})[one.place] = one
    for call_id, places in calls.items():
        caller = places.get("caller") or places.get("hold")
        if caller is None:
            continue
        agent, target = places.get("agent"), places.get("target")
        known = {caller.channel, agent.channel if agent else ""}
        # the room has one end of a Local channel; the telephone is behind the other
        telephone = next(
            (
                one.channel
                for one in placed
                if one.call_id == call_id
                and one.channel.startswith(_TELEPHONE)
                and one.channel not in known
            ),
            "",
        )
        transfer = Transfer(
            call_id, caller.channel, agent.channel if agent else "", room=ANY_ROOM, moved=True
        )
        transfer.state = _state(on_hold="hold" in places, agent=agent, target=target)
        if transfer.state is TransferState.CONSULTING:
            transfer.kind = TransferKind.CONSULT
        if target is not None:
            transfer.target_channel, transfer.target_id = telephone, target.channel
        yield transfer


def _state(*, on_hold: bool, agent: Placed | None, target: Placed | None) -> TransferState:
    if agent is None:
        return TransferState.HANDED_OVER if target else TransferState.BLIND_RINGING
    if on_hold:
        return TransferState.CONSULTING if target else TransferState.CONSULT_RINGING
    return TransferState.THREE_WAY if target else TransferState.TOGETHER
