from __future__ import annotations

import asyncio

import pytest

from ivr.conversation import Conversation
from ivr.fastagi import AgiSession
from ivr.selfservice import TicketState, TicketStatus, TicketStatusSource, tell_ticket_progress
from ivr.selfservice import ticket_progress as module
from telephony.events import EventBus
from tests.unit.ivr.conftest import Serve
from tests.unit.ivr.fake_asterisk import EveryPrompt, FakeAsterisk


class Tickets:
    """Finds one ticket by its number and one by the caller's."""

    def __init__(
        self,
        *,
        latest: TicketStatus | None = None,
        numbered: TicketStatus | None = None,
        last_digits: str = "",
    ) -> None:
        self.latest = latest
        self.numbered = numbered
        self.last_digits = last_digits
        self.asked: list[tuple[str, ...]] = []

    async def latest_for_caller(self, caller: str) -> TicketStatus | None:
        self.asked.append(("latest", caller))
        return self.latest

    async def by_number(
        self, number: str, caller: str, last_digits: str = ""
    ) -> TicketStatus | None:
        self.asked.append(("number", number, caller, last_digits))
        found = self.numbered if self.numbered and self.numbered.number == number else None
        return found if last_digits == self.last_digits else None


class Broken(Tickets):
    async def latest_for_caller(self, caller: str) -> TicketStatus | None:
        raise OSError("the database is away")


class Stuck(Tickets):
    async def latest_for_caller(self, caller: str) -> TicketStatus | None:
        await asyncio.Event().wait()
        return None


async def tell(
    serve: Serve,
    asterisk: FakeAsterisk,
    source: TicketStatusSource | None,
    missing: frozenset[str] = frozenset(),
) -> list[str]:
    async def handler(session: AgiSession) -> None:
        await session.lease(5)
        await tell_ticket_progress(
            Conversation(session, EveryPrompt(missing), EventBus(), "zh"), source
        )
        await session.set_variable("WENT_ON", "1")

    await asterisk.call(await serve("inbound", handler))
    assert asterisk.variables["WENT_ON"] == "1"
    return [name.removeprefix("zh/") for name in asterisk.played]


@pytest.mark.parametrize("state", list(TicketState))
async def test_given_a_ticket_of_the_caller_then_number_and_status_are_spoken(
    serve: Serve, state: TicketState
) -> None:
    source = Tickets(latest=TicketStatus("T-205", state))
    assert await tell(serve, FakeAsterisk(), source) == [
        "ticket-latest", "digit-2", "digit-0", "digit-5", f"ticket-status-{state.value}",
        "ticket-other",
    ]  # fmt: skip
    assert source.asked == [("latest", "13900000001")]


async def test_given_none_when_a_number_is_typed_then_its_status(serve: Serve) -> None:
    source = Tickets(numbered=TicketStatus("2026", TicketState.ANSWERED))
    asterisk = FakeAsterisk(typed=[("2026", False)])
    played = await tell(serve, asterisk, source)
    assert played[0] == "ticket-ask-number"
    assert played[-1] == "ticket-status-answered"
    assert source.asked[-1] == ("number", "2026", "13900000001", "")


async def test_given_wrong_numbers_then_two_tries_and_on(serve: Serve) -> None:
    asterisk = FakeAsterisk(typed=[(one, False) for one in ("1", "0001", "2", "0002", "3")])
    assert await tell(serve, asterisk, Tickets()) == [
        "ticket-ask-number", "ticket-ask-phone", "ticket-not-found",
    ] * 2  # fmt: skip


async def test_given_another_telephone_when_its_last_digits_are_typed_then_the_status(
    serve: Serve,
) -> None:
    source = Tickets(numbered=TicketStatus("2026", TicketState.HANDLING), last_digits="4321")
    asterisk = FakeAsterisk(typed=[("2026", False), ("4321", False)])
    played = await tell(serve, asterisk, source)
    assert played[:3] == ["ticket-ask-number", "ticket-ask-phone", "ticket-found"]
    assert played[-1] == "ticket-status-handling"


@pytest.mark.parametrize("typed", ["43", "", "0"])
async def test_given_too_few_last_digits_then_nothing_is_looked_up_with_them(
    serve: Serve, typed: str
) -> None:
    source = Tickets(numbered=TicketStatus("2026", TicketState.HANDLING), last_digits="4321")
    asterisk = FakeAsterisk(typed=[("2026", False), (typed, False), ("0", False)])
    played = await tell(serve, asterisk, source)
    assert "ticket-found" not in played
    assert [one[-1] for one in source.asked if one[0] == "number"] == [""]


async def test_given_1_after_the_latest_ticket_then_another_by_its_number(serve: Serve) -> None:
    source = Tickets(
        latest=TicketStatus("9", TicketState.CLOSED),
        numbered=TicketStatus("8", TicketState.DISPATCHED),
    )
    asterisk = FakeAsterisk(keys={"ticket-other": ["1"]}, typed=[("8", False)])
    assert await tell(serve, asterisk, source) == [
        "ticket-latest", "digit-9", "ticket-status-closed", "ticket-other",
        "ticket-ask-number", "ticket-found", "digit-8", "ticket-status-dispatched",
    ]  # fmt: skip


async def test_given_silence_then_two_tries_and_on(serve: Serve) -> None:
    played = await tell(serve, FakeAsterisk(), Tickets())
    assert played == ["ticket-ask-number", "no-input"] * 2


async def test_given_0_typed_then_on_at_once(serve: Serve) -> None:
    asterisk = FakeAsterisk(typed=[("0", False)])
    assert await tell(serve, asterisk, Tickets()) == ["ticket-ask-number"]


async def test_given_0_in_the_status_then_on_at_once(serve: Serve) -> None:
    asterisk = FakeAsterisk(keys={"digit-2": ["0"]})
    source = Tickets(latest=TicketStatus("1234", TicketState.CLOSED))
    assert await tell(serve, asterisk, source) == ["ticket-latest", "digit-1", "digit-2"]


async def test_given_a_withheld_number_then_only_the_ticket_number_is_asked(serve: Serve) -> None:
    asterisk = FakeAsterisk(typed=[("7", False)])
    asterisk.headers["agi_callerid"] = "unknown"
    source = Tickets(latest=TicketStatus("9", TicketState.CLOSED))
    await tell(serve, asterisk, source)
    assert source.asked[0] == ("number", "7", "", "")


@pytest.mark.parametrize("source", [None, Broken()])
async def test_given_a_broken_source_then_told_so_and_on(
    serve: Serve, source: TicketStatusSource | None
) -> None:
    assert await tell(serve, FakeAsterisk(), source) == ["ticket-unavailable"]


async def test_given_a_stuck_source_then_told_so_and_on(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOKUP_S", 0.05)
    assert await tell(serve, FakeAsterisk(), Stuck()) == ["ticket-unavailable"]


async def test_given_no_audio_to_ask_with_then_told_so_and_on(serve: Serve) -> None:
    missing = frozenset({"ticket-ask-number"})
    assert await tell(serve, FakeAsterisk(), Tickets(), missing) == ["ticket-unavailable"]
