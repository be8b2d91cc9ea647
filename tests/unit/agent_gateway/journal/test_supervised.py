"""Who heard a call, and how, in its record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from agent_gateway.journal import fold_call
from agent_gateway.store import Call
from telephony.events import CallEnded, CallEvent, CallSupervised, HungUpBy, SupervisionMode

BEGIN = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def at(seconds: int) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


def heard(seconds: int, mode: str, supervisor: str = "8009") -> CallSupervised:
    return CallSupervised(
        at=at(seconds), call_id="c", supervisor=supervisor, agent="8001",
        mode=SupervisionMode(mode), by="banzhang",
    )  # fmt: skip


def folded(*events: CallEvent, times: int = 1) -> list[tuple[str, str, str, str | None]]:
    call = Call(id="c", arrived_at=BEGIN, path=[])
    for _ in range(times):
        for event in events:
            fold_call(call, event)
    return [(one["supervisor"], one["mode"], one["at"], one["to"]) for one in call.path]


def test_given_changes_and_a_leave_then_each_way_with_its_time_however_often_it_is_folded() -> None:
    events = (heard(1, "listen"), heard(5, "whisper"), heard(9, "over"))
    expected = [
        ("8009", "listen", at(1).isoformat(), at(5).isoformat()),
        ("8009", "whisper", at(5).isoformat(), at(9).isoformat()),
    ]
    assert folded(*events) == expected
    assert folded(*events, times=2) == expected


def test_given_two_supervisors_when_the_call_ends_then_both_have_left() -> None:
    ended = CallEnded(at=at(9), call_id="c", hung_up_by=HungUpBy.CALLER)
    steps = folded(heard(1, "barge"), heard(2, "listen", "8010"), ended)
    assert [(who, to) for who, _, _, to in steps] == [
        ("8009", at(9).isoformat()), ("8010", at(9).isoformat()),
    ]  # fmt: skip
