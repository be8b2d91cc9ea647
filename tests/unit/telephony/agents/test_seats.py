"""Which memberships follow from an agent's skills."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from telephony.agents import QueueSeats
from telephony.ami import AmiAction

SEAT = "PJSIP/agent-8001"


class Queues:
    """app_queue's members, as far as seats need them: queue -> (penalty, pause reason or None)."""

    def __init__(self, **members: tuple[int, str | None]) -> None:
        self.members = members

    async def action(self, action: AmiAction) -> Sequence[Mapping[str, str]]:
        fields = {name: str(value) for name, value in action.fields.items()}
        queue = fields.get("Queue", "")
        match fields["Action"]:
            case "QueueStatus":
                return [
                    {
                        "Event": "QueueMember",
                        "Queue": name,
                        "Location": SEAT,
                        "Penalty": str(penalty),
                        "Paused": "0" if reason is None else "1",
                        "PausedReason": reason or "",
                        "Status": "1",
                    }
                    for name, (penalty, reason) in self.members.items()
                ]
            case "QueueAdd":
                assert queue not in self.members
                paused = fields["Paused"] == "true"
                self.members[queue] = (int(fields["Penalty"]), "" if paused else None)
            case "QueueRemove":
                del self.members[queue]
            case "QueuePenalty":
                self.members[queue] = (int(fields["Penalty"]), self.members[queue][1])
            case "QueuePause":
                reason = fields.get("Reason", "") if fields["Paused"] == "true" else None
                self.members = {name: (one[0], reason) for name, one in self.members.items()}
        return []


def seats(queues: Queues, **levels: int) -> QueueSeats:
    async def of(interface: str) -> Mapping[str, int]:
        assert interface == SEAT
        return levels

    return QueueSeats(queues, of)


async def test_given_skills_when_seated_then_levels_are_penalties() -> None:
    queues = Queues()
    await seats(queues, hotline=1, english=3).add(SEAT)
    assert queues.members == {"hotline": (0, None), "english": (2, None)}
    seat = (await seats(queues).members())[SEAT]
    assert seat.queues == {"hotline": 0, "english": 2}


async def test_given_a_paused_seat_when_seated_then_other_queues_and_calls_again() -> None:
    queues = Queues(hotline=(0, "用餐"), labour=(0, "用餐"))
    await seats(queues, hotline=2, english=1).add(SEAT)
    assert queues.members == {"hotline": (1, None), "english": (0, None)}


async def test_given_a_paused_seat_when_skills_change_then_it_stays_paused() -> None:
    queues = Queues(hotline=(0, "用餐"))
    await seats(queues, english=1).reseat(SEAT)
    assert queues.members == {"english": (0, "用餐")}


async def test_given_nobody_seated_when_skills_change_then_nobody_is_seated() -> None:
    queues = Queues()
    await seats(queues, english=1).reseat(SEAT)
    assert queues.members == {}


async def test_given_a_seat_when_removed_then_from_every_queue_it_is_in() -> None:
    queues = Queues(hotline=(0, None), gone=(0, None))
    await seats(queues, hotline=1).remove(SEAT)
    assert queues.members == {}
