"""What Asterisk is asked to do at each transition of a transfer."""

from __future__ import annotations

from telephony.transfers.control import After, RoomControl
from telephony.transfers.states import TransferState, Trigger
from telephony.transfers.transfer import Transfer

_S = TransferState
_T = Trigger


async def carry_out(control: RoomControl, one: Transfer, trigger: Trigger) -> None:
    """Move the parties as the transition from ``one.state`` by ``trigger`` wants it.

    Ringing the target is not part of it.

    Raises:
        OSError: Asterisk is away or refuses.
    """
    caller, agent = one.caller, one.agent
    afterwards = After.HANGUP if one.to_agent else After.QUEUE
    match one.state, trigger:
        case _S.TOGETHER, _T.BLIND:
            await control.after(caller, afterwards)
            await control.hold(caller, agent, follow=True)
            await control.hangup(agent)
        case _S.TOGETHER, _T.CONSULT:
            if one.moved:
                await control.hold(caller, agent, follow=False)
            else:
                await control.apart(caller, agent)
        case _S.TOGETHER, _T.INVITE:
            if one.moved:
                await control.after(caller, After.HOLD)
            else:
                await control.together(caller, agent)
        case (_S.CONSULT_RINGING, _T.COMPLETE) | (_S.CONSULT_RINGING, _T.AGENT_LEFT):
            await control.after(caller, afterwards)
            await control.hold(caller, agent, follow=True)
            if trigger is _T.COMPLETE:
                await control.hangup(agent)
        case _S.CONSULT_RINGING, _T.MERGE:
            await control.after(caller, After.HOLD)
            await control.join(caller)
        case _S.CONSULT_RINGING, _T.TARGET_ANSWERED:
            await control.record(agent, one.call_id)
        case (_S.CONSULT_RINGING | _S.CONSULTING, _T.ABORT):
            await control.hangup(one.target_id)
            await control.join(caller)
            if one.state is _S.CONSULTING:
                await control.stop_recording(agent)
        case _S.CONSULT_RINGING, _T.TARGET_FAILED:
            await control.join(caller)
        case _S.CONSULTING, _T.TARGET_LEFT | _T.MERGE:
            await control.join(caller)
            await control.stop_recording(agent)
        case _S.CONSULTING, _T.COMPLETE | _T.AGENT_LEFT:
            await control.after(caller, afterwards)
            await control.join(caller)
            if trigger is _T.COMPLETE:
                await control.hangup(agent)
        case (_S.THREE_WAY_RINGING, _T.TARGET_ANSWERED | _T.TARGET_FAILED) | (
            _S.TOGETHER,
            _T.LINE_JOINED,
        ):
            await control.after(caller, After.HANGUP)
        case (_S.THREE_WAY_RINGING | _S.THREE_WAY, _T.ABORT):
            await control.after(caller, After.HANGUP)
            await control.hangup(one.target_id)
        case _S.THREE_WAY, _T.COMPLETE:
            await control.after(caller, afterwards)
            await control.hangup(agent)
        case _S.THREE_WAY, _T.AGENT_LEFT:
            await control.after(caller, afterwards)
        case _S.BLIND_RINGING, _T.TARGET_ANSWERED:
            await control.join(caller)
        case _S.BLIND_RINGING, _T.TARGET_FAILED:
            await control.back(caller)
        case _:
            # the dialplan does the rest by itself
            pass
