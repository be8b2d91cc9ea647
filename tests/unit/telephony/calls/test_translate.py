"""Single rules of the translation; whole calls are in the tests of the replay."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from telephony.calls import CallBook, Translator, cause_text
from telephony.calls.channelname import number_in, parse_channel
from telephony.events import (
    CallAnswered,
    CallArrived,
    CallEnded,
    CallHeld,
    CallLeftQueue,
    CallOffered,
    CallQueued,
    CallResumed,
    Event,
    KeyPressed,
    LineIdentified,
    OfferEnded,
    OfferOutcome,
    PartyJoined,
    PartyLeft,
    QueueLeaveReason,
)
from telephony.replay import read_recording

RECORDINGS = Path(__file__).parents[1] / "replay" / "recordings"
AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def live() -> Translator:
    return Translator(lenient=False, requests_told=True)


def events_of(name: str, translator: Translator | None = None) -> list[Event]:
    translator = translator or live()
    recording = read_recording((RECORDINGS / f"{name}.ami").read_bytes())
    return [e for m in recording.messages for e in translator.feed(m.fields, at=m.at)]


def new_channel(**more: str) -> dict[str, str]:
    return {
        "Event": "Newchannel",
        "Channel": "PJSIP/trunk-01",
        "ChannelState": "4",
        "CallerIDNum": "5550100",
        "CallerIDName": "张三丰",
        "Exten": "12345",
        "Uniqueid": "1.1",
        "Linkedid": "1.1",
        **more,
    }


def test_given_a_queued_call_then_its_events_come_in_the_order_they_happened() -> None:
    events = [e for e in events_of("queue_second_agent_answers") if not isinstance(e, KeyPressed)]
    assert [type(e) for e in events] == [
        CallArrived, LineIdentified, LineIdentified, CallQueued,
        CallOffered, OfferEnded, CallOffered, OfferEnded, CallAnswered, CallLeftQueue,
        PartyJoined, PartyJoined, PartyLeft, PartyLeft, CallEnded,
    ]  # fmt: skip
    assert [e.at for e in events] == sorted(e.at for e in events)
    outcomes = [e.outcome for e in events if isinstance(e, OfferEnded)]
    assert outcomes == [OfferOutcome.NO_ANSWER, OfferOutcome.ANSWERED]
    first = events[0]
    assert isinstance(first, CallArrived)
    assert {getattr(e, "call_id", "") for e in events} == {first.call_id}


@pytest.mark.parametrize("name", [p.stem for p in sorted(RECORDINGS.glob("*.ami"))])
def test_given_any_recording_when_it_is_over_then_no_call_and_no_channel_is_left(name: str) -> None:
    translator, book = live(), CallBook()
    for event in events_of(name, translator):
        book.apply(event)
    assert dict(book.calls) == {}
    assert translator.channels == 0


@pytest.mark.parametrize("name", [p.stem for p in sorted(RECORDINGS.glob("*.ami"))])
def test_given_any_recording_then_calls_begin_once_end_once_and_say_nothing_outside(
    name: str,
) -> None:
    open_calls: set[str] = set()
    seen: set[str] = set()
    for event in events_of(name):
        call_id = getattr(event, "call_id", "")
        if isinstance(event, CallArrived):
            assert call_id not in seen
            open_calls.add(call_id)
            seen.add(call_id)
        assert call_id in open_calls
        if isinstance(event, CallEnded):
            open_calls.remove(call_id)


def test_given_a_helper_leg_then_no_event_speaks_of_it() -> None:
    assert not [e for e in events_of("helper_legs") if "Local/" in repr(e)]


def test_given_the_same_message_twice_then_it_counts_once() -> None:
    translator = live()
    assert len(translator.feed(new_channel(), at=AT)) == 1
    assert translator.feed(new_channel(), at=AT) == []


@pytest.mark.parametrize("change", [str.upper, str.lower, str.title])
def test_given_header_names_in_any_case_then_they_are_understood(change: Any) -> None:
    message = {change(name): value for name, value in new_channel().items()}
    (event,) = live().feed(message, at=AT)
    assert isinstance(event, CallArrived)
    assert (event.caller, event.dialled, event.caller_name) == ("5550100", "12345", "张三丰")
    assert event.at == AT


def test_given_a_timestamp_then_it_is_the_events_time() -> None:
    (event,) = live().feed(new_channel(Timestamp="1767323045.5"), at=AT)
    assert event.at == datetime(2026, 1, 2, 3, 4, 5, 500_000, tzinfo=UTC)
    (event,) = live().feed(new_channel(Timestamp="yesterday"), at=AT)
    assert event.at == AT


def test_given_the_line_from_the_account_code_then_the_user_event_adds_the_sip_call() -> None:
    translator = live()
    translator.feed(new_channel(), at=AT)
    account = new_channel(Event="NewAccountCode", AccountCode="12328")
    (line,) = translator.feed(account, at=AT)
    assert isinstance(line, LineIdentified)
    assert (line.line, line.sip_call_id) == ("12328", "")
    user = new_channel(
        Event="UserEvent", UserEvent="HotlineCall", Line="12328", SipCallId="a@b", Dialled="x"
    )
    (line,) = translator.feed(user, at=AT)
    assert isinstance(line, LineIdentified)
    assert (line.line, line.sip_call_id) == ("12328", "a@b")
    assert translator.feed(user, at=AT) == []


def test_given_a_users_event_of_another_name_then_it_is_nothing() -> None:
    translator = live()
    translator.feed(new_channel(), at=AT)
    user = new_channel(Event="UserEvent", UserEvent="Other", Line="99999")
    assert translator.feed(user, at=AT) == []


def test_given_a_key_while_waiting_when_the_caller_leaves_the_queue_then_the_reason_is_key() -> (
    None
):
    translator = live()
    translator.feed(new_channel(), at=AT)
    translator.feed(new_channel(Event="QueueCallerJoin", Queue="q", Position="1"), at=AT)
    (key,) = translator.feed(new_channel(Event="DTMFEnd", Digit="0", Direction="Received"), at=AT)
    assert isinstance(key, KeyPressed)
    (left,) = translator.feed(new_channel(Event="QueueCallerLeave", Queue="q"), at=AT)
    assert isinstance(left, CallLeftQueue)
    assert left.reason is QueueLeaveReason.KEY


def test_given_keys_sent_to_a_channel_then_only_received_ones_count() -> None:
    translator = live()
    translator.feed(new_channel(), at=AT)
    for message in (
        new_channel(Event="DTMFEnd", Digit="1", Direction="Sent"),
        new_channel(Event="DTMF", Digit="1", Direction="Received", Begin="Yes", End="No"),
        new_channel(Event="DTMFBegin", Digit="1", Direction="Received"),
    ):
        assert translator.feed(message, at=AT) == []


def test_given_abandon_reported_but_nobody_hung_up_then_it_was_a_time_out() -> None:
    (left,) = [e for e in events_of("queue_timeout") if isinstance(e, CallLeftQueue)]
    assert left.reason is QueueLeaveReason.TIMEOUT
    (left,) = [e for e in events_of("queue_abandoned") if isinstance(e, CallLeftQueue)]
    assert left.reason is QueueLeaveReason.ABANDONED


def test_given_hold_then_it_begins_and_ends_once() -> None:
    changes = [e for e in events_of("hold") if isinstance(e, CallHeld | CallResumed)]
    assert [type(e) for e in changes] == [CallHeld, CallResumed]
    translator = live()
    translator.feed(new_channel(), at=AT)
    assert translator.feed(new_channel(Event="Unhold"), at=AT) == []


def test_given_an_unknown_event_or_a_response_then_nothing_follows() -> None:
    for message in ({"Event": "NobodyKnows"}, {"Response": "Success"}, {}, {"Event": "Hangup"}):
        assert live().feed(message, at=AT) == []


@pytest.mark.parametrize(
    ("name", "endpoint", "person"),
    [
        ("PJSIP/agent-8001-0000002a", "PJSIP/agent-8001", True),
        ("SIP/192.0.2.1-08a3", "SIP/192.0.2.1", True),
        ("DAHDI/i1/5550100-3", "DAHDI/i1/5550100", True),
        ("Zap/1-1", "Zap/1", True),
        ("IAX2/peer:4569-12", "IAX2/peer:4569", True),
        ("SCCP/801-00000001", "SCCP/801", True),
        ("Agent/1001", "Agent/1001", True),
        ("Local/8001@agents-0001;2", "Local/8001@agents", False),
        ("Local/8001@agents-ab12,1", "Local/8001@agents", False),
        ("AudioSocket/127.0.0.1:9292-1", "AudioSocket/127.0.0.1:9292", False),
        ("CBAnn/100-00000001;1", "CBAnn/100-00000001;1", False),
        ("DAHDI/pseudo-1", "DAHDI/pseudo", False),
        ("AsyncGoto/SIP/202-02", "AsyncGoto/SIP/202", False),
        ("", "", False),
        ("nonsense", "nonsense", False),
    ],
)
def test_given_a_channels_name_then_endpoint_and_kind_are_told(
    name: str, endpoint: str, person: bool
) -> None:
    parsed = parse_channel(name)
    assert parsed.person is person
    if person or "CBAnn" not in name:
        assert parsed.endpoint == endpoint


def test_given_a_dead_channels_name_then_it_is_a_ghost() -> None:
    assert parse_channel("SIP/1-1<ZOMBIE>").ghost
    assert parse_channel("SIP/1-1<MASQ>").ghost
    assert not parse_channel("SIP/1-1").ghost


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("8001", "8001"),
        ("trunk/5550100", "5550100"),
        ("5550100@trunk", "5550100"),
        ("11/sip:11@192.0.2.1:5060", "11"),
        ("SIP/trunk/5550100,20", "5550100"),
        ("", ""),
    ],
)
def test_given_what_was_dialled_then_the_number_is_found(text: str, number: str) -> None:
    assert number_in(text) == number


def test_given_any_cause_then_there_are_words_for_it() -> None:
    assert cause_text(17) == "user busy"
    assert cause_text(-3) == "cause -3"


def test_given_an_agent_who_left_by_order_then_it_is_the_agent_who_hung_up() -> None:
    channel = {"Channel": "PJSIP/trunk-01", "Uniqueid": "1.1", "Linkedid": "1.1"}
    member = {"Channel": "PJSIP/agent-8001-01", "Uniqueid": "1.2", "Linkedid": "1.1"}
    bridge = {"BridgeUniqueid": "b", "BridgeTechnology": "simple_bridge", "ChannelState": "6"}
    translator = live()
    events: list[Event] = []
    for message in (
        new_channel(),
        {"Event": "Newchannel", **member, "ChannelState": "0"},
        {"Event": "AgentCalled", **channel, **{f"Dest{k}": v for k, v in member.items()}},
        {"Event": "Newstate", **member, "ChannelState": "6"},
        {"Event": "BridgeEnter", **channel, **bridge},
        {"Event": "BridgeEnter", **member, **bridge},
        {"Event": "SoftHangupRequest", **member, "Cause": "16"},
        {"Event": "BridgeLeave", **channel, **bridge},
        {"Event": "BridgeLeave", **member, **bridge},
        {"Event": "Hangup", **member, "Cause": "16"},
        {"Event": "UserEvent", "UserEvent": "HotlineStep", **channel, "Step": "agent_left"},
        {"Event": "HangupRequest", **channel},
        {"Event": "Hangup", **channel, "Cause": "16"},
    ):
        events += translator.feed(message, at=AT)
    (ended,) = [e for e in events if isinstance(e, CallEnded)]
    assert ended.hung_up_by == "agent"
    assert ended.channel == "PJSIP/agent-8001-01"
