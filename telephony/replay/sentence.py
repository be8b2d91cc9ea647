"""One line a call, for people."""

from __future__ import annotations

from telephony.calls.channelname import parse_channel
from telephony.replay.recap import CallRecap

_OUTCOMES = {
    "no_answer": "did not answer",
    "busy": "was busy",
    "refused": "refused",
    "unavailable": "could not be reached",
    "cancelled": "stopped ringing",
}
_UNANSWERED = {
    "abandoned": "not answered: the caller gave up",
    "busy": "not answered: busy",
    "rejected": "not answered: rejected",
    "no_answer": "not answered",
    "failed": "not answered: could not be reached",
    "automated": "nobody was rung",
    "in_progress": "not answered yet",
    "joined": "not answered",
}
_KINDS = {
    "blind": "transferred (blind)",
    "consult": "transferred (after consultation)",
    "three_way": "joined by",
}
_SIDES = {"third": "the third party", "system": "the system", "agent": "the answering party"}


def sentence(call: CallRecap, *, timed: bool) -> str:
    """The call in one line: who called whom, who answered, transfers, who hung up, why."""
    parts = [_opening(call, timed), _queue(call, timed), _answer(call)]
    parts += [_transfer(transfer) for transfer in call.transfers]
    if call.holds:
        parts.append(f"on hold {call.holds}x" if call.holds > 1 else "on hold once")
    parts.append(_end(call, timed))
    return f"{call.call_id}: " + "; ".join(part for part in parts if part)


def _opening(call: CallRecap, timed: bool) -> str:
    endpoint = parse_channel(call.channel).endpoint
    rung = endpoint in call.answers or endpoint.endswith(call.dialled or "?")
    caller = call.caller or ("the system" if rung else "unknown caller")
    name = f' "{call.caller_name}"' if call.caller_name not in ("", call.caller) else ""
    line = f" (line {call.line})" if call.line not in ("", call.dialled) else ""
    when = call.started_at.strftime("%Y-%m-%d %H:%M:%S ") if timed else ""
    return f"{when}{caller}{name} [{endpoint}] called {call.dialled or 'an unknown number'}{line}"


def _queue(call: CallRecap, timed: bool) -> str:
    if not call.queue:
        return ""
    waited = f" {call.wait_seconds:.1f} s" if timed and call.wait_seconds is not None else ""
    result = f" ({call.queue_result})" if call.queue_result not in ("", "answered") else ""
    return f"waited{waited} in queue {call.queue}{result}"


def _answer(call: CallRecap) -> str:
    tried = [
        f"{offer['endpoint']} {_OUTCOMES[offer['outcome']]}"
        for offer in call.offers
        if offer.get("outcome") in _OUTCOMES
    ]
    if call.answered_by:
        then = f", then by {', '.join(call.answers[1:])}" if call.answers[1:] else ""
        after = f" after {', '.join(tried)}" if tried else ""
        return f"answered by {call.answered_by}{then}{after}"
    reason = _UNANSWERED.get(call.disposition, "not answered")
    return f"{reason} ({', '.join(tried)})" if tried else reason


def _transfer(transfer: dict[str, str]) -> str:
    by = f" by {transfer['by']}" if transfer["by"] else ""
    failed = " (failed)" if transfer["outcome"] == "failed" else ""
    to = "" if transfer["kind"] == "three_way" else " to"
    return f"{_KINDS[transfer['kind']]}{to} {transfer['target'] or 'unknown'}{by}{failed}"


def _end(call: CallRecap, timed: bool) -> str:
    if call.disposition == "in_progress":
        return "still in progress at the end of the recording"
    if call.joined_to:
        return f"became part of call {call.joined_to}"
    talk = ""
    if timed and call.talk_seconds is not None:
        talk = f" after {call.talk_seconds:.1f} s of talk"
    side = _SIDES.get(call.hung_up_by, f"the {call.hung_up_by}")
    if call.hung_up_by == "unknown":
        end = f"ended{talk}, by whom is not known"
    elif call.hung_up_by == "system":
        end = f"ended by the system{talk}"
    else:
        party = f" ({call.hung_up_party})" if call.hung_up_party else ""
        end = f"hung up by {side}{party}{talk}"
    unsure = " (a guess from the order of hang-ups)" if "by little" in call.hung_up_basis else ""
    return f"{end}{unsure}: cause {call.cause} {call.cause_text}"
