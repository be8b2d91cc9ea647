"""What stands beside the ticket while the caller speaks."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from agent_gateway.advice.advisor import CallAdvisor, Names
from agent_gateway.advice.duplicates import duplicates
from agent_gateway.store import Knowledge, Ticket
from telephony.events import PrefillChanged
from tests.unit.agent_gateway.house import House
from tests.unit.agent_gateway.scenes import (
    CALLER,
    answer,
    arrival,
    at,
    offer,
    said,
    until,
    whole_call,
)


def _ticket(number: int, caller: str = "", **fields: str) -> Ticket:
    return Ticket(
        id=number,
        number=f"2026030200{number:04d}",
        caller=caller,
        status="submitted",
        fields={name: {"value": value} for name, value in fields.items()},
        created_at=datetime.now(UTC),
    )


NOISE = {"category": "urban.noise", "address": "雁滩路12号", "district": "城关区"}


@pytest.mark.parametrize(
    ("caller", "fields", "reasons"),
    [
        ("1", NOISE, ("caller", "category", "district", "address")),
        ("2", NOISE, ("category", "district", "address")),
        ("1", {"category": "urban.noise"}, ("caller", "category")),
    ],
)
def test_given_an_open_ticket_alike_when_compared_then_it_is_shown_with_its_reasons(
    caller: str, fields: dict[str, str], reasons: tuple[str, ...]
) -> None:
    [found] = duplicates(caller, fields, [_ticket(1, "1", **NOISE)])
    assert found.reasons == reasons


@pytest.mark.parametrize(
    ("caller", "fields"),
    [
        ("1", {"category": "utilities.water"}),
        ("2", {"category": "urban.noise", "district": "城关区"}),
        ("2", {"category": "utilities.water", "address": "雁滩路12号"}),
        ("", {}),
    ],
)
def test_given_another_matter_when_compared_then_nothing_is_shown(
    caller: str, fields: dict[str, Any]
) -> None:
    assert duplicates(caller, fields, [_ticket(1, "1", **NOISE)]) == []


async def test_given_a_caller_who_speaks_when_guesses_change_then_the_agent_is_advised(
    house: House,
) -> None:
    house.publish(whole_call("1.1"))
    await until(lambda: house.store.tickets.of_call("1.1"), "a ticket")
    ticket = await house.store.tickets.of_call("1.1")
    assert ticket is not None
    await house.store.tickets.edit(ticket.number, {"category": "urban.street_light"}, "zhang")
    entry = Knowledge(title="路灯报修", text="由路灯管理处负责。", keywords=("路灯",))
    await house.store.knowledge.add(entry, by="boss", at=datetime.now(UTC))

    names = Names({"street_light_office": "路灯管理处"}, {"urban.street_light": "路灯照明"})
    advisor = CallAdvisor(
        house.bus, house.store, names, house.context.settings.city.zone, house.context.live.advise
    )
    task = asyncio.create_task(advisor.run())
    await asyncio.sleep(0)
    try:
        async with house.page("zhang") as zhang:
            house.publish([*arrival("2.1", caller=CALLER), offer("2.1"), *answer("2.1")])
            house.publish([said("2.1", 0, "我们门口的路灯不亮")])
            guess = {"value": "urban.street_light", "confidence": 0.9}
            spot = {"turn": 0, "start": 5, "end": 9, "words": "路灯不亮"}
            fields = {
                "category": {**guess, "evidence": [spot]},
                "department": {**guess, "value": "street_light_office", "evidence": []},
            }
            doubtful = {**fields, "category": {**fields["category"], "confidence": 0.4}}
            house.publish([PrefillChanged(at=at(12), call_id="2.1", fields=doubtful)])
            advice = await zhang.hear("call.advice")
            assert advice["department"] is None
            house.publish([PrefillChanged(at=at(13), call_id="2.1", fields=fields)])
            advice = await zhang.hear("call.advice")
            while not advice["department"]:
                advice = await zhang.hear("call.advice")
            assert [one["number"] for one in advice["duplicates"]] == [ticket.number]
            assert advice["duplicates"][0]["reasons"] == ["caller", "category"]
            assert [one["title"] for one in advice["knowledge"]] == ["路灯报修"]
            assert advice["department"]["name"] == "路灯管理处"
            assert advice["department"]["words"] == ["路灯不亮"]
            # an entry that was put right is told so at once
            late = replace(entry, title="路灯报修（新）")
            [row] = await house.store.knowledge.all()
            await house.store.knowledge.replace(
                row.id, late, by="boss", at=datetime.now(UTC), read=row.updated_at
            )
            house.publish([said("2.1", 1, "路灯坏了三天")])
            while [one["title"] for one in advice["knowledge"]] != ["路灯报修（新）"]:
                advice = await zhang.hear("call.advice")
        async with house.page("zhang") as again:
            [call] = [one for one in again.snapshot["calls"] if one["call_id"] == "2.1"]
            assert call["advice"]["department"]["category_name"] == "路灯照明"
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
