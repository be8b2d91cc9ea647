"""Who heard whom and when, read from the events of a call as Asterisk makes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from agent_gateway.calls.hearing import hearing
from agent_gateway.store import CallEventRow

BEGIN = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
CALLER, AGENT, THIRD = "PJSIP/trunk-1", "PJSIP/agent-8001-2", "PJSIP/carrier-1-3"


class Story:
    """A call's events, one after the other."""

    def __init__(self) -> None:
        self.rows: list[CallEventRow] = []

    def tell(self, second: float, kind: str, **data: str) -> None:
        at = BEGIN + timedelta(seconds=second)
        seq = len(self.rows)
        self.rows.append(CallEventRow(call_id="1.1", seq=seq, at=at, type=kind, data=dict(data)))

    def joined(self, second: float, bridge: str, *channels: str) -> None:
        for channel in channels:
            endpoint = channel.rpartition("-")[0]
            self.tell(second, "PartyJoined", channel=channel, endpoint=endpoint, bridge=bridge)

    def left(self, second: float, bridge: str, *channels: str) -> None:
        for channel in channels:
            self.tell(second, "PartyLeft", channel=channel, endpoint="", bridge=bridge)

    def heard(self) -> list[tuple[str, list[str], float, float | None]]:
        return [
            (
                one.party,
                one.heard,
                round((one.since - BEGIN).total_seconds(), 1),
                None if one.until is None else round((one.until - BEGIN).total_seconds(), 1),
            )
            for one in hearing(CALLER, self.rows)
        ]


def test_given_a_consultation_then_merge_when_read_then_each_heard_whom_they_could() -> None:
    story = Story()
    story.joined(0, "queue", AGENT, CALLER)
    story.left(10, "queue", CALLER, AGENT)
    story.joined(10.002, "room", AGENT)
    story.tell(10.1, "TransferTarget", channel=THIRD, target="12366", step="dialling")
    story.joined(12, "way", THIRD)
    story.joined(20, "room", CALLER)
    story.left(30, "room", AGENT)
    story.left(40, "way", THIRD)
    story.left(40.01, "room", CALLER)
    story.tell(40, "CallEnded", channel=CALLER)
    assert story.heard() == [
        ("8001", ["caller"], 0.0, 10.0),
        ("caller", ["8001"], 0.0, 10.0),
        ("caller", ["music"], 10.0, 20.0),
        ("8001", ["12366"], 12.0, 20.0),
        ("12366", ["8001"], 12.0, 20.0),
        ("caller", ["12366", "8001"], 20.0, 30.0),
        ("8001", ["12366", "caller"], 20.0, 30.0),
        ("12366", ["8001", "caller"], 20.0, 30.0),
        ("caller", ["12366"], 30.0, 40.0),
        ("12366", ["caller"], 30.0, 40.0),
    ]


def test_given_a_move_into_the_room_when_read_then_it_is_one_interval() -> None:
    story = Story()
    story.joined(0, "queue", AGENT, CALLER)
    story.left(5, "queue", CALLER, AGENT)
    story.joined(5.003, "room", AGENT, CALLER)
    assert sorted(story.heard()) == [
        ("8001", ["caller"], 0.0, None),
        ("caller", ["8001"], 0.0, None),
    ]


def test_given_a_hold_when_read_then_nobody_hears_who_holds() -> None:
    story = Story()
    story.joined(0, "queue", AGENT, CALLER)
    story.tell(3, "CallHeld", channel=AGENT)
    story.tell(9, "CallResumed", channel=AGENT)
    story.tell(12, "CallEnded", channel=CALLER)
    assert [one for one in story.heard() if one[0] == "caller"] == [
        ("caller", ["8001"], 0.0, 3.0),
        ("caller", ["music"], 3.0, 9.0),
        ("caller", ["8001"], 9.0, 12.0),
    ]


def test_given_no_or_strange_events_when_read_then_nothing_was_heard() -> None:
    story = Story()
    assert story.heard() == []
    story.tell(0, "PartyLeft")
    story.tell(1, "TransferTarget", channel="")
    story.tell(2, "IvrStep", step="x")
    assert story.heard() == []
