from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from agent_gateway.journal import Journal, fold_call
from agent_gateway.store import Entry, Store, Ticket
from agent_gateway.tickets import TicketDrafter
from telephony.events import (
    VOICEMAIL_STEP,
    CallEvent,
    EventBus,
    ExtractionEnded,
    IvrStep,
    Speaker,
    TicketDrafted,
)
from tests.unit.agent_gateway.scenes import arrival, at, end, said, until, whole_call

ZONE = ZoneInfo("Asia/Shanghai")


class Words:
    """Guesses that the address is all that the caller said."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.broken = False

    def prefill(self, transcript_row: dict[str, Any]) -> Mapping[str, Any]:
        self.rows.append(transcript_row)
        if self.broken:
            raise RuntimeError("the lexicon is gone")
        text = "".join(turn["text"] for turn in transcript_row["turns"])
        return {
            "address": {"value": text, "evidence": text, "confidence": 0.5},
            "urgency": "normal",
        }


class Desk:
    """Journal and drafter on one bus."""

    def __init__(self, store: Store, bus: EventBus, words: Words) -> None:
        self.store = store
        self.bus = bus
        self.words = words
        self.drafter = TicketDrafter(
            store, bus, words, ZONE, quiet_s=0.05, deadline_s=0.5, sweep_s=0.05
        )

    def publish(self, events: Sequence[CallEvent]) -> None:
        for event in events:
            self.bus.publish(event)

    async def ticket(self, call_id: str, turns: int) -> Ticket:
        """The call's ticket as soon as it has that many turns."""
        found: list[Ticket] = []

        async def whole() -> bool:
            ticket = await self.store.tickets.of_call(call_id)
            found[:] = [ticket] if ticket else []
            return ticket is not None and len(ticket.transcript) == turns

        await until(whole, f"a ticket with {turns} turns")
        return found[0]


@pytest.fixture
async def desk(store: Store, bus: EventBus, tmp_path: Path) -> AsyncIterator[Desk]:
    desk = Desk(store, bus, Words())
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(desk.drafter)
        journal = Journal(store, bus, tmp_path / "spool", persisted=desk.drafter.noticed)
        await stack.enter_async_context(journal)
        yield desk


async def test_given_an_answered_call_when_it_ends_then_a_draft_is_announced(desk: Desk) -> None:
    with desk.bus.subscribe("test") as events:
        desk.publish(whole_call("1.1"))
        ticket = await desk.ticket("1.1", 1)
        heard = [event async for event in _until_drafted(events)]
    assert heard[-1].ticket_number == ticket.number
    assert (ticket.line, ticket.caller, ticket.agent) == ("12328", "13900000001", "8001")
    assert ticket.fields["address"] == {
        "value": "路灯坏了",
        "evidence": "路灯坏了",
        "confidence": 0.5,
        "touched_by": None,
    }
    assert ticket.fields["urgency"]["value"] == "normal"
    row = desk.words.rows[0]
    turn = {"who": "caller", "text": "路灯坏了", "speaker": "caller", "turn": 0}
    assert row["turns"] == [turn]
    assert (row["dialled"], row["cli"]) == ("12328", "13900000001")
    assert row["call_date"] == "2026-03-02T09:00:00+08:00"


async def test_given_words_after_the_hang_up_when_they_arrive_then_the_draft_is_filled_again(
    desk: Desk,
) -> None:
    desk.publish(whole_call("1.1"))
    first = await desk.ticket("1.1", 1)
    await desk.store.tickets.edit(first.number, {"urgency": "urgent"}, "zhang")
    desk.publish([said("1.1", 1, "在雁滩"), said("1.1", 0, "好的", Speaker.AGENT)])
    ticket = await desk.ticket("1.1", 3)
    assert ticket.number == first.number
    assert "在雁滩" in ticket.fields["address"]["value"]
    assert ticket.fields["address"]["previous"] == "路灯坏了"
    assert ticket.fields["urgency"]["value"] == "urgent"


async def test_given_a_model_s_answer_after_the_hang_up_when_kept_then_it_fills_what_is_open(
    desk: Desk,
) -> None:
    desk.publish(whole_call("1.1"))
    first = await desk.ticket("1.1", 1)
    await desk.store.tickets.edit(first.number, {"title": "路灯"}, "zhang")
    field = {"evidence": [], "confidence": 0.6, "source": "model"}
    fields = {
        "target": {**field, "value": "路灯管理处"},
        "title": {**field, "value": "求助"},
    }
    found = ExtractionEnded(at=at(31), call_id="1.1", result="ok", seconds=0.4, fields=fields)
    nothing = ExtractionEnded(at=at(32), call_id="1.1", result="timeout", seconds=9)
    desk.publish([found, nothing])

    async def filled() -> bool:
        ticket = await desk.store.tickets.of_call("1.1")
        return ticket is not None and "target" in ticket.fields

    await until(filled, "the model's field in the draft")
    ticket = await desk.ticket("1.1", 1)
    assert ticket.fields["target"]["source"] == "model"
    assert ticket.fields["address"]["value"] == "路灯坏了"
    assert ticket.fields["title"]["value"] == "路灯"


async def test_given_a_prefiller_that_fails_when_a_call_ends_then_the_draft_has_no_guesses(
    desk: Desk,
) -> None:
    desk.words.broken = True
    desk.publish(whole_call("1.1"))
    assert (await desk.ticket("1.1", 1)).fields == {}


async def test_given_an_unanswered_call_when_it_ends_then_no_ticket(desk: Desk) -> None:
    desk.publish([*arrival("1.1"), end("1.1"), *whole_call("1.2")])
    await desk.ticket("1.2", 1)
    assert await desk.store.tickets.of_call("1.1") is None


async def test_given_a_message_left_when_the_call_ends_then_its_words_are_in_a_draft(
    desk: Desk,
) -> None:
    message = IvrStep(at=at(10), call_id="1.1", step=VOICEMAIL_STEP)
    desk.publish([*arrival("1.1"), message, said("1.1", 0, "路灯坏了"), end("1.1")])
    ticket = await desk.ticket("1.1", 1)
    assert (ticket.agent, ticket.call_answered_at) == ("", None)
    assert ticket.fields["address"]["value"] == "路灯坏了"


async def test_given_a_call_that_ended_before_a_restart_when_started_then_it_gets_its_draft(
    store: Store, bus: EventBus
) -> None:
    events = whole_call("1.1")
    await store.events.append([Entry(n, event) for n, event in enumerate(events)], fold_call)
    desk = Desk(store, bus, Words())
    async with desk.drafter:
        await desk.ticket("1.1", 1)


async def _until_drafted(events: Any) -> AsyncIterator[TicketDrafted]:
    async for event in events:
        if isinstance(event, TicketDrafted):
            yield event
            return
