"""Who heard a call, and how: steps of its path with an end."""

from __future__ import annotations

from agent_gateway.store import Call
from telephony.events import CallEnded, CallEvent, CallSupervised, SupervisionMode

STEP = "supervised"
MOST = 100


def supervised(call: Call, event: CallEvent) -> None:
    """Begin a step {at, step, supervisor, by, agent, mode, to}, and end the one before it.

    ``to`` is None while it goes on; the call's end ends it. Folding an event twice changes nothing.
    """
    at = event.at.isoformat()
    path = list(call.path)
    supervisor = event.supervisor if isinstance(event, CallSupervised) else None
    for number, step in enumerate(path):
        if step["step"] != STEP or step["to"] is not None or step["at"] >= at:
            continue
        if isinstance(event, CallEnded) or step["supervisor"] == supervisor:
            path[number] = {**step, "to": at}
    if isinstance(event, CallSupervised) and event.mode is not SupervisionMode.OVER:
        begun = [step for step in path if step["step"] == STEP]
        again = any((one["at"], one["supervisor"]) == (at, supervisor) for one in begun)
        if not again and len(begun) < MOST:
            path.append(
                {
                    "at": at,
                    "step": STEP,
                    "supervisor": event.supervisor,
                    "by": event.by,
                    "agent": event.agent,
                    "mode": event.mode.value,
                    "to": None,
                }
            )
    if path != call.path:
        # a new list: the database sees a change of the whole value only
        call.path = path
