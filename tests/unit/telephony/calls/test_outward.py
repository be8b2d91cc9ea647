"""Calls that the service places: the agent's telephone first, then the citizen's."""

from __future__ import annotations

from datetime import UTC, datetime

from telephony.calls import CallBook, Translator, is_outward
from telephony.calls.outward import new_call_id
from telephony.events import (
    CallAnswered,
    CallArrived,
    CallEnded,
    CallOffered,
    Event,
    LineIdentified,
    OfferEnded,
    PartyJoined,
    TransferTarget,
)

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ID = "out-1767323045.7"
AGENT = {"Channel": "PJSIP/agent-8001-01", "Uniqueid": ID, "Linkedid": ID, "AccountCode": "12328"}
CITIZEN = {"Channel": "PJSIP/carrier-1-02", "Uniqueid": "h-2.2", "Linkedid": ID}
NUMBER = "13900000001"
DIALLED = {f"Dest{name}": value for name, value in CITIZEN.items()}
BRIDGE = {"BridgeUniqueid": "b", "BridgeTechnology": "simple_bridge", "ChannelState": "6"}
PLACED: list[dict[str, str]] = [
    {"Event": "Newchannel", **AGENT, "ChannelState": "0", "CallerIDNum": "8001"},
    {"Event": "NewCallerid", **AGENT, "ChannelState": "0", "CallerIDNum": NUMBER},
    {"Event": "Newstate", **AGENT, "ChannelState": "5", "CallerIDNum": NUMBER},
    {"Event": "Newstate", **AGENT, "ChannelState": "6", "CallerIDNum": NUMBER},
    {"Event": "NewCallerid", **AGENT, "ChannelState": "6", "CallerIDNum": "12345"},
    {"Event": "Newchannel", **CITIZEN, "ChannelState": "0"},
    {
        **{"Event": "UserEvent", "UserEvent": "HotlineTarget", "Call": ID, "Target": NUMBER},
        **{"Step": "dialling", "Via": "carrier-1", "Outside": "1", **CITIZEN},
    },
    {"Event": "DialBegin", **AGENT, **DIALLED, "DialString": f"carrier-1/sip:{NUMBER}@x"},
]
ANSWERED: list[dict[str, str]] = [
    {"Event": "Newstate", **CITIZEN, "ChannelState": "6"},
    {"Event": "BridgeEnter", **CITIZEN, **BRIDGE},
    {"Event": "BridgeEnter", **AGENT, **BRIDGE},
]


def _events(messages: list[dict[str, str]], translator: Translator | None = None) -> list[Event]:
    translator = translator or Translator(lenient=False, requests_told=True)
    return [event for message in messages for event in translator.feed(message, at=AT)]


def test_given_both_answer_when_the_citizen_hangs_up_then_the_whole_call_is_told() -> None:
    translator = Translator(lenient=False, requests_told=True)
    events = _events(
        [
            *PLACED,
            *ANSWERED,
            {"Event": "HangupRequest", **CITIZEN},
            {"Event": "BridgeLeave", **CITIZEN, **BRIDGE},
            {"Event": "BridgeLeave", **AGENT, **BRIDGE},
            {"Event": "Hangup", **CITIZEN, "Cause": "16"},
            {"Event": "Hangup", **AGENT, "Cause": "16"},
        ],
        translator,
    )
    assert {getattr(event, "call_id", "") for event in events} == {ID}
    arrived = events[0]
    assert isinstance(arrived, CallArrived)
    assert (arrived.caller, arrived.dialled) == (NUMBER, NUMBER)
    assert [e.line for e in events if isinstance(e, LineIdentified)] == ["12328"]
    answers = [e.endpoint for e in events if isinstance(e, CallAnswered)]
    assert answers == ["PJSIP/agent-8001", "PJSIP/carrier-1"]
    assert sum(isinstance(e, PartyJoined) for e in events) == 2
    (ended,) = [e for e in events if isinstance(e, CallEnded)]
    assert ended.hung_up_by == "caller"
    book = CallBook()
    for event in events:
        book.apply(event)
    assert not book.calls
    assert not translator.channels


def test_given_a_talk_when_the_agent_hangs_up_then_it_was_the_agent() -> None:
    over = [
        {"Event": "HangupRequest", **AGENT},
        {"Event": "Hangup", **CITIZEN, "Cause": "16"},
        {"Event": "Hangup", **AGENT, "Cause": "16"},
    ]
    (ended,) = [e for e in _events([*PLACED, *ANSWERED, *over]) if isinstance(e, CallEnded)]
    assert ended.hung_up_by == "agent"


def test_given_a_busy_citizen_then_the_step_says_so_and_nobody_answered_but_the_agent() -> None:
    busy = [
        {"Event": "Hangup", **CITIZEN, "Cause": "17"},
        {"Event": "DialEnd", **AGENT, **DIALLED, "DialStatus": "BUSY"},
        {
            **{"Event": "UserEvent", "UserEvent": "HotlineTarget", "Call": ID, "Target": NUMBER},
            **{"Step": "BUSY", "Via": "carrier-1", "Cause": "17", "Last": "1", **AGENT},
        },
        {"Event": "Hangup", **AGENT, "Cause": "17"},
    ]
    events = _events([*PLACED, *busy])
    steps = [(e.step.value, e.last) for e in events if isinstance(e, TransferTarget)]
    assert steps == [("dialling", False), ("busy", True)]
    assert [e.endpoint for e in events if isinstance(e, CallAnswered)] == ["PJSIP/agent-8001"]
    (ended,) = [e for e in events if isinstance(e, CallEnded)]
    assert (ended.hung_up_by, ended.cause) == ("system", 17)


def test_given_an_agent_who_does_not_answer_then_the_offer_ended_without_an_answer() -> None:
    events = _events([*PLACED[:3], {"Event": "Hangup", **AGENT, "Cause": "19"}])
    assert [e.endpoint for e in events if isinstance(e, CallOffered)] == ["PJSIP/agent-8001"]
    assert [e.outcome for e in events if isinstance(e, OfferEnded)] == ["no_answer"]
    assert isinstance(events[-1], CallEnded)


def test_given_a_talk_when_the_service_is_new_then_the_channels_tell_of_it() -> None:
    translator = Translator(lenient=False, requests_told=True)
    shown = {"ChannelState": "6", "Event": "CoreShowChannel", "BridgeId": "b", "Duration": "9"}
    events = translator.resync(
        [
            {**AGENT, **shown, "Exten": NUMBER, "CallerIDNum": "12345", "Application": "Dial"},
            {**CITIZEN, **shown, "Exten": "", "Application": "AppDial"},
        ],
        at=AT,
    )
    arrived = next(e for e in events if isinstance(e, CallArrived))
    assert (arrived.call_id, arrived.caller) == (ID, NUMBER)
    answers = [e.endpoint for e in events if isinstance(e, CallAnswered)]
    assert answers == ["PJSIP/agent-8001", "PJSIP/carrier-1"]
    over = [{"Event": "HangupRequest", **CITIZEN}, {"Event": "Hangup", **AGENT, "Cause": "16"}]
    (ended,) = [e for e in _events(over, translator) if isinstance(e, CallEnded)]
    assert ended.hung_up_by == "caller"


def test_given_an_id_then_it_tells_the_direction() -> None:
    assert is_outward(new_call_id(AT))
    assert not is_outward("hotline-1767323045.7")


SURVEY = "out-survey-1767323045.7"
RUNG = {"Channel": "PJSIP/carrier-1-03", "Uniqueid": SURVEY, "Linkedid": SURVEY}
SURVEYED: list[dict[str, str]] = [
    {"Event": "Newchannel", **RUNG, "ChannelState": "0", "CallerIDNum": "12345"},
    {
        "Event": "DialBegin",
        **{f"Dest{name}": value for name, value in RUNG.items()},
        "DialString": f"carrier-1/sip:{NUMBER}@127.0.0.1:5070",
    },
    {"Event": "Newstate", **RUNG, "ChannelState": "5", "CallerIDNum": "12345"},
]


def test_given_a_survey_call_when_it_rings_then_it_is_the_citizens_and_nobodys_offer() -> None:
    events = _events(SURVEYED)
    (arrived,) = [event for event in events if isinstance(event, CallArrived)]
    assert (arrived.call_id, arrived.caller) == (SURVEY, NUMBER)
    assert not [event for event in events if isinstance(event, CallOffered | CallAnswered)]


def test_given_a_survey_call_that_is_answered_when_the_citizen_hangs_up_then_by_the_caller() -> (
    None
):
    events = _events(
        [
            *SURVEYED,
            {"Event": "Newstate", **RUNG, "ChannelState": "6"},
            {"Event": "HangupRequest", **RUNG},
            {"Event": "Hangup", **RUNG, "Cause": "16"},
        ]
    )
    assert not [event for event in events if isinstance(event, CallAnswered)], "by a person"
    (ended,) = [event for event in events if isinstance(event, CallEnded)]
    assert (ended.hung_up_by, ended.cause) == ("caller", 16)


def test_given_a_survey_call_that_is_refused_then_the_cause_is_told() -> None:
    events = _events([*SURVEYED, {"Event": "Hangup", **RUNG, "Cause": "21"}])
    (ended,) = [event for event in events if isinstance(event, CallEnded)]
    assert (ended.call_id, ended.cause) == (SURVEY, 21)
