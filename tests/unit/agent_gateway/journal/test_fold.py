from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_gateway.journal import Disposition, fold_call
from agent_gateway.store import Call
from telephony.events import (
    AGENT_LEFT_STEP,
    CALLBACK_STEP,
    VOICEMAIL_STEP,
    CallEvent,
    CallLeftQueue,
    CallQueued,
    HungUpBy,
    IvrStep,
    KeyPressed,
    LineIdentified,
    OfferEnded,
    OfferOutcome,
    QueueLeaveReason,
    SurveyAnswered,
)
from tests.unit.agent_gateway.scenes import AGENT, answer, arrival, at, end, offer, whole_call


def _fold(events: list[CallEvent]) -> Call:
    call = Call(id="1.1", arrived_at=events[0].at, path=[])
    for event in events:
        fold_call(call, event)
    return call


def _offer_ended(outcome: OfferOutcome, seconds: float = 8) -> OfferEnded:
    return OfferEnded(at=at(seconds), call_id="1.1", endpoint=AGENT, channel="x", outcome=outcome)


def _left(reason: QueueLeaveReason, seconds: float) -> CallLeftQueue:
    return CallLeftQueue(at=at(seconds), call_id="1.1", queue="hotline", reason=reason)


def _retired(step: str) -> IvrStep:
    return IvrStep(at=at(2 if step == "greeting" else 1), call_id="1.1", step=step)


def test_given_a_whole_call_when_folded_then_the_record_has_everything() -> None:
    call = _fold(whole_call("1.1"))
    assert (call.line, call.dialled, call.caller) == ("12328", "093112328", "13900000001")
    assert (call.agent, call.queue, call.hung_up_by) == ("8001", "hotline", "caller")
    assert (call.arrived_at, call.queued_at) == (at(0), at(5))
    assert (call.first_offered_at, call.answered_at, call.ended_at) == (at(6), at(9), at(30))
    assert (call.queue_seconds, call.talk_seconds) == (4, 21)
    assert call.disposition == Disposition.ANSWERED
    assert (call.cause, call.cause_text) == (16, "Normal Clearing")
    steps = [step["step"] for step in call.path]
    assert steps == ["ivr", "queued", "offered", "offer_ended", "left_queue", "answered"]


def test_given_a_forwarded_call_when_the_line_first_dialled_is_found_then_it_is_the_calls() -> None:
    sent_to, meant = (
        LineIdentified(at=at(1), call_id="1.1", line=line, sip_call_id="abc@carrier")
        for line in ("12345", "12319")
    )
    call = _fold([ARRIVAL[0], sent_to, meant])
    assert (call.line, call.sip_call_id) == ("12319", "abc@carrier")


ARRIVAL = arrival("1.1")
CASES = {
    "hangs up during the greeting": (ARRIVAL[:3], HungUpBy.CALLER, Disposition.ABANDONED_IN_IVR),
    "hangs up while waiting": (
        [*ARRIVAL, _left(QueueLeaveReason.ABANDONED, 20)],
        HungUpBy.CALLER,
        Disposition.ABANDONED_IN_QUEUE,
    ),
    "hangs up while it rings": (
        [*ARRIVAL, offer("1.1")],
        HungUpBy.CALLER,
        Disposition.ABANDONED_RINGING,
    ),
    "hangs up while it rings, told in order": (
        [
            *ARRIVAL,
            offer("1.1"),
            _left(QueueLeaveReason.ABANDONED, 8),
            _offer_ended(OfferOutcome.CANCELLED),
        ],
        HungUpBy.CALLER,
        Disposition.ABANDONED_RINGING,
    ),
    "hangs up after an agent missed it": (
        [*ARRIVAL, offer("1.1"), _offer_ended(OfferOutcome.NO_ANSWER)],
        HungUpBy.CALLER,
        Disposition.ABANDONED_IN_QUEUE,
    ),
    "system ends it in the queue": (ARRIVAL, HungUpBy.SYSTEM, Disposition.NO_ANSWER),
    "announcement ends it": (ARRIVAL[:3], HungUpBy.SYSTEM, Disposition.COMPLETED_IN_IVR),
    "announcement of a retired number, then released": (
        [*ARRIVAL[:2], _retired("announcement")],
        HungUpBy.SYSTEM,
        Disposition.ANNOUNCED,
    ),
    "hangs up during that announcement": (
        [*ARRIVAL[:2], _retired("announcement")],
        HungUpBy.CALLER,
        Disposition.ANNOUNCED,
    ),
    "forwarded after it and hangs up in the greeting": (
        [*ARRIVAL[:2], _retired("announcement"), _retired("greeting")],
        HungUpBy.CALLER,
        Disposition.ABANDONED_IN_IVR,
    ),
    "forwarded after it and hangs up in the queue": (
        [*ARRIVAL[:2], _retired("announcement"), ARRIVAL[3]],
        HungUpBy.CALLER,
        Disposition.ABANDONED_IN_QUEUE,
    ),
    "a vacant number": (
        [*ARRIVAL[:2], _retired("vacant")],
        HungUpBy.SYSTEM,
        Disposition.VACANT,
    ),
    "system fails before any prompt": (ARRIVAL[:2], HungUpBy.SYSTEM, Disposition.FAILED),
}


@pytest.mark.parametrize("case", CASES)
def test_given_an_unanswered_call_when_it_ends_then_the_disposition_tells_how(case: str) -> None:
    events, by, expected = CASES[case]
    assert _fold([*events, end("1.1", by=by)]).disposition == expected


def test_given_a_call_under_way_when_folded_then_it_is_in_progress() -> None:
    assert _fold(arrival("1.1")).disposition == Disposition.IN_PROGRESS
    assert _fold([*arrival("1.1"), *answer("1.1")]).disposition == Disposition.IN_PROGRESS


def test_given_two_visits_to_the_queue_when_folded_then_the_waits_are_added() -> None:
    call = _fold(
        [
            *arrival("1.1"),
            _left(QueueLeaveReason.KEY, 10),
            CallQueued(at=at(12), call_id="1.1", queue="hotline", position=1),
            *answer("1.1", seconds=20),
            end("1.1"),
        ]
    )
    assert call.queue_seconds == 5 + 8
    assert call.queued_at == at(5)


def test_given_two_agents_in_turn_when_folded_then_the_first_answer_time_and_last_agent_count() -> (
    None
):
    call = _fold(
        [*arrival("1.1"), *answer("1.1"), *answer("1.1", "PJSIP/agent-8002", 15), end("1.1")]
    )
    assert call.agent == "8002"
    assert call.answered_at == at(9)


def test_given_a_key_held_down_when_folded_then_the_path_stays_bounded() -> None:
    keys: list[CallEvent] = [
        KeyPressed(at=at(n / 100), call_id="1.1", channel="x", digit="1") for n in range(2000)
    ]
    call = _fold([*arrival("1.1"), *keys, *answer("1.1"), end("1.1")])
    assert len(call.path) <= 500
    assert call.disposition == Disposition.ANSWERED


@given(st.permutations(whole_call("1.1")), st.data())
def test_given_events_in_any_order_with_repetitions_when_folded_then_times_are_the_same(
    events: list[CallEvent], data: st.DataObject
) -> None:
    again = data.draw(st.lists(st.sampled_from(events), max_size=10))
    call = _fold([*events, *again])
    assert call.disposition == Disposition.ANSWERED
    assert (call.arrived_at, call.answered_at, call.ended_at) == (at(0), at(9), at(30))
    assert call.talk_seconds == 21
    assert len(call.path) == 6


def test_given_overlong_texts_when_folded_then_they_fit_their_columns() -> None:
    events = arrival("1.1", caller="9" * 1000)
    step = IvrStep(at=at(2), call_id="1.1", step="x" * 1000)
    assert _fold([*events, step]).caller == "9" * 64


@pytest.mark.parametrize("step", [CALLBACK_STEP, VOICEMAIL_STEP])
def test_given_a_choice_made_while_waiting_when_the_call_ends_then_that_is_how_it_ended(
    step: str,
) -> None:
    chosen = IvrStep(at=at(10), call_id="1.1", step=step)
    assert _fold([*arrival("1.1"), chosen, end("1.1")]).disposition == step
    talked = [*arrival("1.1"), chosen, offer("1.1"), *answer("1.1"), end("1.1")]
    assert _fold(talked).disposition == Disposition.ANSWERED


def test_given_a_survey_after_the_agent_left_then_talk_ends_with_the_agent() -> None:
    *before, ended = whole_call("1.1")
    answers = [SurveyAnswered(at=at(24), call_id="1.1", score=3), ended]
    call = _fold([*before, IvrStep(at=at(19), call_id="1.1", step=AGENT_LEFT_STEP), *answers])
    assert (call.talk_seconds, call.ended_at) == (10, at(30))
    assert call.hung_up_by == "agent"
    assert call.path[-1] == {
        "at": at(24).isoformat(),
        "step": "survey",
        "score": 3,
        "solved": None,
    }
