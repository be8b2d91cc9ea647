from __future__ import annotations

import pytest

from ivr.selfservice import TicketState, TicketStatus
from ivr.waiting import WaitingKeyHandler
from telephony.events import Event, EventBus, IvrStep
from tests.unit.ivr.conftest import Serve
from tests.unit.ivr.fake_asterisk import EveryPrompt, FakeAsterisk


class Positions:
    def __init__(self, position: int | None) -> None:
        self.position = position

    def last_position(self, call_id: str) -> int | None:
        return self.position if call_id == "1750000000.1" else None


class OneTicket:
    async def latest_for_caller(self, caller: str) -> TicketStatus | None:
        return TicketStatus("12", TicketState.CLOSED)

    async def by_number(
        self, number: str, caller: str, last_digits: str = ""
    ) -> TicketStatus | None:
        return None


async def press(
    serve: Serve, key: str, position: int | None = 7, **variables: str
) -> tuple[FakeAsterisk, list[Event]]:
    bus = EventBus()
    asterisk = FakeAsterisk(variables={"HL_KEY": key, **variables})
    asterisk.headers["agi_network_script"] = "waiting-key"
    handler = WaitingKeyHandler(EveryPrompt(), bus, Positions(position), OneTicket())
    with bus.subscribe("test") as subscription:
        await asterisk.call(await serve("waiting-key", handler))
        subscription.close()
        return asterisk, [event async for event in subscription]


@pytest.mark.parametrize("key", ["0", "9", "*", "5", ""])
async def test_given_any_key_then_the_place_is_kept(serve: Serve, key: str) -> None:
    asterisk, _ = await press(serve, key)
    assert asterisk.variables["HL_POSITION"] == "7"
    assert asterisk.commands[0][2] == "TIMEOUT(absolute)"


async def test_given_no_known_place_then_an_old_one_is_not_used_again(serve: Serve) -> None:
    asterisk, _ = await press(serve, "0", None, HL_POSITION="3")
    assert asterisk.variables["HL_POSITION"] == ""


async def test_given_0_then_told_that_they_wait_already(serve: Serve) -> None:
    asterisk, events = await press(serve, "0")
    assert asterisk.played == ["zh/already-waiting"]
    steps = [(e.step, e.detail) for e in events if isinstance(e, IvrStep)]
    assert steps == [("waiting_key", "0")]
    assert len(events) == len(steps)


async def test_given_9_then_english_from_here_on(serve: Serve) -> None:
    asterisk, _ = await press(serve, "9")
    assert asterisk.variables["HL_LANG"] == "en"
    assert asterisk.played == ["en/english-selected"]


async def test_given_star_in_english_then_the_status_in_english(serve: Serve) -> None:
    asterisk, _ = await press(serve, "*", HL_LANG="en")
    assert asterisk.played == [
        "en/ticket-latest", "en/digit-1", "en/digit-2", "en/ticket-status-closed",
        "en/ticket-other",
    ]  # fmt: skip


async def test_given_another_key_then_nothing_is_said(serve: Serve) -> None:
    asterisk, _ = await press(serve, "5")
    assert asterisk.played == []


class Requests:
    """Where call-back requests are written down."""

    def __init__(self, *, works: bool = True) -> None:
        self.works = works
        self.made: list[tuple[str, str]] = []

    async def __call__(self, call_id: str, number: str) -> bool:
        self.made.append((call_id, number))
        return self.works


async def ask(
    serve: Serve, requests: Requests, asterisk: FakeAsterisk
) -> tuple[FakeAsterisk, list[str]]:
    bus = EventBus()
    asterisk.headers["agi_network_script"] = "waiting-key"
    handler = WaitingKeyHandler(EveryPrompt(), bus, Positions(2), None, requests, voicemail_s=30)
    with bus.subscribe("test") as subscription:
        await asterisk.call(await serve("waiting-key", handler))
        subscription.close()
        return asterisk, [e.step async for e in subscription if isinstance(e, IvrStep)]


async def test_given_1_and_confirmed_then_the_number_is_written_down_and_the_call_ends(
    serve: Serve,
) -> None:
    requests = Requests()
    asterisk = FakeAsterisk(variables={"HL_KEY": "1"}, keys={"callback-confirm": ["1"]})
    asterisk, steps = await ask(serve, requests, asterisk)
    assert requests.made == [("1750000000.1", "13900000001")]
    assert asterisk.played[:3] == ["zh/callback-number", "zh/digit-1", "zh/digit-3"]
    assert asterisk.played[-1] == "zh/callback-noted"
    assert asterisk.variables["HL_NEXT"] == "hangup"
    assert steps == ["waiting_key", "callback_requested"]


@pytest.mark.parametrize("keys", [{}, {"callback-confirm": ["7"]}, {"callback-number": ["0"]}])
async def test_given_1_not_confirmed_then_the_caller_waits_on(
    serve: Serve, keys: dict[str, list[str]]
) -> None:
    requests = Requests()
    asterisk, steps = await ask(serve, requests, FakeAsterisk(variables={"HL_KEY": "1"}, keys=keys))
    assert requests.made == []
    assert "HL_NEXT" not in asterisk.variables
    assert asterisk.variables["HL_POSITION"] == "2"
    assert steps == ["waiting_key"]


@pytest.mark.parametrize("number", ["unknown", "anonymous", "", "sip:x", "1234"])
async def test_given_no_number_to_call_then_told_so_and_waits_on(serve: Serve, number: str) -> None:
    requests = Requests()
    asterisk = FakeAsterisk(variables={"HL_KEY": "1"}, keys={"callback-confirm": ["1"]})
    asterisk.headers["agi_callerid"] = number
    asterisk, _ = await ask(serve, requests, asterisk)
    assert requests.made == []
    assert asterisk.played == ["zh/callback-unavailable"]
    assert "HL_NEXT" not in asterisk.variables


async def test_given_a_request_that_cannot_be_kept_then_no_promise_is_made(serve: Serve) -> None:
    requests = Requests(works=False)
    asterisk = FakeAsterisk(variables={"HL_KEY": "1"}, keys={"callback-confirm": ["1"]})
    asterisk, steps = await ask(serve, requests, asterisk)
    assert asterisk.played[-1] == "zh/callback-unavailable"
    assert "HL_NEXT" not in asterisk.variables
    assert steps == ["waiting_key"]


@pytest.mark.parametrize("ending", [["3", "#"], [""]])
async def test_given_2_then_a_message_until_hash_or_the_longest_time(
    serve: Serve, ending: list[str]
) -> None:
    asterisk = FakeAsterisk(variables={"HL_KEY": "2"}, waits=list(ending))
    asterisk, steps = await ask(serve, Requests(), asterisk)
    assert asterisk.played == ["zh/voicemail-ask", "zh/voicemail-noted"]
    assert asterisk.variables["HL_NEXT"] == "hangup"
    assert steps == ["waiting_key", "voicemail"]
    assert asterisk.waits == []
