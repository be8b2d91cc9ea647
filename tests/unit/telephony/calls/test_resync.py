"""Rebuilding after a connect gives the same picture as having listened all along."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from telephony.ami import AmiMessage
from telephony.ami.framing import FrameSplitter, parse_frame
from telephony.calls import CallBook, Translator
from telephony.events import CallArrived, CallEnded, CallLeftQueue, Event, HungUpBy

RECORDINGS = Path(__file__).parents[1] / "replay" / "recordings"
AT = datetime(2026, 11, 22, 20, 43, 50, tzinfo=UTC)


def messages(name: str) -> list[AmiMessage]:
    frames = FrameSplitter().push((RECORDINGS / f"{name}.ami").read_bytes())
    parsed = [parse_frame(frame)[0] for frame in frames]
    return [message for message in parsed if message is not None and message.event]


def live() -> Translator:
    return Translator(lenient=False, requests_told=True)


def essentials(book: CallBook) -> dict[str, Any]:
    return {
        call.call_id: (
            call.caller,
            call.line,
            call.answered_by,
            call.queue,
            sorted(call.parties),
            sorted(call.ringing),
        )
        for call in book.calls.values()
    }


def folded(events: list[Event], book: CallBook | None = None) -> CallBook:
    book = book or CallBook()
    for event in events:
        book.apply(event)
    return book


def channel(name: str, uniqueid: str, linkedid: str, **more: str) -> dict[str, str]:
    return {
        "Event": "CoreShowChannel",
        "Channel": name,
        "Uniqueid": uniqueid,
        "Linkedid": linkedid,
        "ChannelState": "6",
        **more,
    }


CALLER = channel(
    "PJSIP/trunk-01", "1.1", "1.1", CallerIDNum="5550100", Exten="12345", AccountCode="12345"
)


def test_given_a_call_in_progress_when_listed_then_the_picture_equals_the_folded_one() -> None:
    heard = messages("resync")
    listed = [m for m in heard if m.event == "CoreShowChannel"]
    entries = [m for m in heard if m.event == "QueueEntry"]
    before = heard[: heard.index(listed[0])]
    translator = live()
    events = [e for m in before for e in translator.feed(m, at=AT)]
    by_folding = folded(events)
    by_listing = folded(live().resync(listed, entries, at=AT))
    assert len(by_folding.calls) == 1
    assert essentials(by_listing) == essentials(by_folding)
    assert translator.resync(listed, entries, at=AT - timedelta(seconds=1)) == []


def test_given_the_rest_of_the_stream_after_a_list_then_the_call_ends_and_nothing_is_left() -> None:
    heard = messages("resync")
    listed = [m for m in heard if m.event == "CoreShowChannel"]
    after = heard[heard.index(listed[-1]) + 2 :]
    translator = live()
    book = folded(translator.resync(listed, at=AT))
    events = [e for m in after for e in translator.feed(m, at=AT + timedelta(seconds=5))]
    folded(events, book)
    ends = [e.hung_up_by for e in events if isinstance(e, CallEnded)]
    assert ends == [HungUpBy.CALLER]
    assert not book.calls
    assert translator.channels == 0


def test_given_a_waiting_caller_and_a_ringing_agent_when_listed_then_both_are_known() -> None:
    agent = channel("PJSIP/agent-8001-02", "1.2", "1.1", ChannelState="5", Application="AppQueue")
    entry = {"Event": "QueueEntry", "Queue": "hotline", "Position": "2", "Uniqueid": "1.1"}
    book = folded(live().resync([CALLER, agent], [entry], at=AT))
    call = book.calls["1.1"]
    assert (call.queue, call.position, call.line) == ("hotline", 2, "12345")
    assert call.ringing == {"PJSIP/agent-8001-02": "PJSIP/agent-8001"}
    assert call.answered_by == ""


def test_given_a_department_in_the_conference_when_listed_then_it_belongs_to_the_call() -> None:
    bridge = {"BridgeId": "b1", "Application": "ConfBridge"}
    channels = [
        {**CALLER, **bridge, "Duration": "00:02:00"},
        channel("PJSIP/agent-8001-02", "1.2", "1.1", Duration="00:01:50", **bridge),
        channel("PJSIP/dept-03", "dept", "dept", Duration="00:00:10", **bridge),
    ]
    book = folded(live().resync(channels, at=AT))
    assert list(book.calls) == ["1.1"]
    call = book.calls["1.1"]
    assert set(call.parties) == {"PJSIP/trunk-01", "PJSIP/agent-8001-02", "PJSIP/dept-03"}
    assert call.answered_by == "PJSIP/agent-8001"
    assert call.started_at == AT - timedelta(minutes=2)


def test_given_helper_channels_only_when_listed_then_there_is_no_call() -> None:
    helpers = [
        channel("Local/spy@hotline-asr-01;1", "2.1", "2.1", Exten="as"),
        channel("Local/spy@hotline-asr-01;2", "2.2", "2.1", Exten="spy"),
    ]
    assert live().resync(helpers, at=AT) == []


def test_given_a_lost_hangup_when_listed_anew_then_the_call_ends_by_unknown() -> None:
    translator = live()
    folded(translator.resync([CALLER], at=AT))
    events = translator.resync([], at=AT + timedelta(minutes=1))
    (ended,) = events
    assert isinstance(ended, CallEnded)
    assert ended.hung_up_by is HungUpBy.UNKNOWN
    assert translator.channels == 0


def test_given_a_channel_newer_than_the_question_then_its_absence_means_nothing() -> None:
    translator = live()
    new = {**CALLER, "Event": "Newchannel", "ChannelState": "4"}
    first = translator.feed(new, at=AT + timedelta(seconds=2))[0]
    assert isinstance(first, CallArrived)
    assert translator.resync([], at=AT + timedelta(seconds=1)) == []
    assert translator.channels == 1


def test_given_an_incomplete_list_then_absence_means_nothing() -> None:
    translator = live()
    translator.resync([CALLER], at=AT)
    assert translator.resync([], at=AT + timedelta(minutes=1), complete=False) == []


def test_given_a_caller_no_longer_queued_when_listed_then_that_is_said() -> None:
    translator = live()
    entry = {"Event": "QueueEntry", "Queue": "hotline", "Position": "1", "Uniqueid": "1.1"}
    translator.resync([CALLER], [entry], at=AT)
    events = translator.resync([CALLER], [], at=AT + timedelta(seconds=9))
    assert [type(e) for e in events] == [CallLeftQueue]


def test_given_an_event_older_than_the_list_then_a_channel_already_gone_stays_gone() -> None:
    translator = live()
    translator.resync([], at=AT)
    gone = {**CALLER, "Event": "Newstate"}
    assert translator.feed(gone, at=AT + timedelta(seconds=1)) == []
    assert translator.feed({**gone, "Event": "Hangup"}, at=AT + timedelta(seconds=1)) == []
    assert translator.channels == 0


def test_given_a_call_that_has_ended_when_a_late_channel_names_it_then_it_stays_ended() -> None:
    translator = live()
    new = {**CALLER, "Event": "Newchannel", "ChannelState": "4"}
    translator.feed(new, at=AT)
    translator.feed({**new, "Event": "Hangup", "Cause": "16"}, at=AT)
    late = channel("PJSIP/agent-8001-02", "1.2", "1.1", Event="Newchannel")
    assert translator.feed(late, at=AT) == []
    assert translator.feed({**late, "Event": "Hangup"}, at=AT) == []
    assert translator.channels == 0
