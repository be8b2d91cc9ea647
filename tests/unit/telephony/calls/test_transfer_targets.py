"""What the dialplan tells of a transfer's target."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from telephony.calls.translate import Translator
from telephony.events import CallAnswered, CallOffered, PartyJoined, TargetStep, TransferTarget

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
CALL, THIRD = "hl-1.1", "PJSIP/carrier-1-00000003"


@pytest.fixture
def translator() -> Translator:
    made = Translator(lenient=False, requests_told=True)
    made.feed(
        {
            "Event": "Newchannel",
            "Channel": "PJSIP/trunk-00000001",
            "Uniqueid": CALL,
            "Linkedid": CALL,
            "ChannelState": "4",
            "CallerIDNum": "13900000001",
            "Exten": "12345",
        },
        at=NOW,
    )
    made.feed(
        {
            "Event": "Newchannel",
            "Channel": THIRD,
            "Uniqueid": "hl-1.3",
            "Linkedid": "other",
            "ChannelState": "0",
        },
        at=NOW,
    )
    return made


def _told(**headers: str) -> dict[str, str]:
    return {"Event": "UserEvent", "UserEvent": "HotlineTarget", "Call": CALL, **headers}


def test_given_a_target_when_it_rings_then_its_channel_belongs_to_the_call(
    translator: Translator,
) -> None:
    events = translator.feed(
        _told(
            Channel=THIRD,
            Uniqueid="hl-1.3",
            Step="dialling",
            Via="carrier-1",
            Target="09310000001",
            Outside="1",
        ),
        at=NOW,
    )
    assert events == [
        TransferTarget(
            at=NOW,
            call_id=CALL,
            target="09310000001",
            step=TargetStep.DIALLING,
            via="carrier-1",
            channel=THIRD,
        )
    ]
    joined = translator.feed(
        {
            "Event": "BridgeEnter",
            "BridgeUniqueid": "b",
            "BridgeTechnology": "simple_bridge",
            "Channel": THIRD,
            "Uniqueid": "hl-1.3",
            "Linkedid": "other",
            "ChannelState": "6",
        },
        at=NOW,
    )
    assert [type(one) for one in joined] == [PartyJoined]
    assert not [one for one in (*events, *joined) if isinstance(one, CallOffered | CallAnswered)]


@pytest.mark.parametrize(
    ("status", "cause", "step"),
    [
        ("BUSY", "17", TargetStep.BUSY),
        ("NOANSWER", "0", TargetStep.NO_ANSWER),
        ("NOANSWER", "21", TargetStep.REFUSED),
        ("CHANUNAVAIL", "1", TargetStep.UNKNOWN_NUMBER),
        ("CONGESTION", "34", TargetStep.UNREACHABLE),
        ("NOANSWER", "18", TargetStep.NO_ANSWER),
        ("", "nonsense", TargetStep.UNREACHABLE),
    ],
)
def test_given_a_target_when_it_fails_then_the_cause_says_how(
    translator: Translator, status: str, cause: str, step: TargetStep
) -> None:
    events = translator.feed(_told(Step=status, Cause=cause, Last="1"), at=NOW)
    assert [(one.step, one.last) for one in events if isinstance(one, TransferTarget)] == [
        (step, True)
    ]


def test_given_a_call_nobody_knows_when_told_of_then_nothing_happens(
    translator: Translator,
) -> None:
    told = _told(Step="dialling", Channel=THIRD, Uniqueid="hl-1.3") | {"Call": "none"}
    assert translator.feed(told, at=NOW) == []
