"""Targets with several numbers: each is tried in its order, and nobody hears silence meanwhile."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import numpy as np
import pytest
import pytest_asyncio

from telephony.testphone import AgentBehaviour, PhoneAgent, TestPhone
from tests.live.harness.api import Api
from tests.live.harness.audio import samples
from tests.live.harness.hotline import CONTACT_NUMBERS, NIGHT_DUTY, Hotline
from tests.live.harness.records import ended_call
from tests.live.harness.talk import (
    AGENT_SAYS,
    CALLER_SAYS,
    HEARD,
    TARGET_SAYS,
    Conversation,
    fresh,
    heard,
    say,
)
from tests.live.harness.trunk import Trunk

NEW_NUMBER = "09310000014"
BUSY = AgentBehaviour(answer_after_s=0.3, refuse="busy")
SILENT = AgentBehaviour(answer_after_s=None)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def _water(phone: TestPhone, first_trunk: Trunk) -> tuple[PhoneAgent, ...]:
    return tuple(phone.add_number(one) for one in (*CONTACT_NUMBERS, NIGHT_DUTY))


@pytest_asyncio.fixture(loop_scope="session")
async def water(_water: tuple[PhoneAgent, ...]) -> AsyncIterator[tuple[PhoneAgent, ...]]:
    """The contact's telephones: two by day, and the night duty's."""
    for telephone in _water:
        fresh(telephone, answer_after_s=0.3)
    yield _water


@pytest.mark.parametrize("kind", ["consult", "three_way", "blind"])
async def test_given_busy_and_silent_numbers_when_a_contact_is_rung_then_the_fallback_answers(
    talk: Conversation, water: tuple[PhoneAgent, ...], admin: Api, kind: str
) -> None:
    first, second, night = water
    first.behaviour, second.behaviour = BUSY, SILENT
    await talk.begin(kind, "contact:water")
    third = await night.next_call(30)
    await third.wait_answered()
    reached = {"consult": "consulting", "three_way": "three_way", "blind": "handed_over"}[kind]
    said = await talk.state(reached, deadline_s=25)
    assert (said["target"], said["name"]) == (NIGHT_DUTY, "夜间值班")
    assert [len(one.calls) for one in water] == [1, 1, 1]
    waiting = {"consult": talk.agent, "three_way": talk.caller, "blind": talk.caller}[kind]
    listener = talk.agent if kind == "consult" else talk.caller
    await third.speak(TARGET_SAYS)
    if kind == "three_way":
        await talk.agent.speak(AGENT_SAYS)
    await talk.caller.hangup()
    for call in (talk.caller, talk.agent, third):
        await call.wait_ended(15)
    assert heard(listener, TARGET_SAYS) > HEARD
    if kind == "three_way":
        assert heard(talk.caller, AGENT_SAYS) > HEARD
    if kind != "three_way":
        # music all the while: no three seconds without a sound
        sound = np.abs(samples(waiting.heard)[:, 0])
        second_by_second = sound[: len(sound) // 8000 * 8000].reshape(-1, 8000).max(axis=1)
        quiet = "".join("q" if loudest < 0.002 else "s" for loudest in second_by_second)
        assert "qqq" not in quiet.strip("q"), quiet

    record = await ended_call(admin, talk.number)
    steps = [
        (one["data"]["target"], one["data"]["step"])
        for one in record["events"]
        if one["type"] == "TransferTarget"
        and one["data"]["last"] | (one["data"]["step"] == "answered")
    ]
    assert steps == [
        (CONTACT_NUMBERS[0], "busy"),
        (CONTACT_NUMBERS[1], "no_answer"),
        (NIGHT_DUTY, "answered"),
    ]


async def test_given_a_changed_directory_when_reloaded_then_its_numbers_can_be_dialled_at_once(
    hotline: Hotline, talk: Conversation, phone: TestPhone, admin: Api
) -> None:
    telephone = phone.add_number(NEW_NUMBER)
    file = hotline.data_dir / "departments.json"
    before = file.read_text(encoding="utf-8")
    directory = json.loads(before)
    new: dict[str, object] = {
        "key": "new",
        "name": "新设专席",
        "kind": "expert",
        "phone": NEW_NUMBER,
    }
    directory["contacts"].append(new)
    body = {"kind": "three_way", "target": "contact:new"}
    path = f"/api/calls/{talk.call_id}/transfer"
    assert await talk.desk.status("POST", path, json=body) == 403
    try:
        # a fault changes nothing
        new["fallback"] = {"entry": "new"}
        file.write_text(json.dumps(directory), encoding="utf-8")
        assert await admin.status("POST", "/api/configuration/reload") >= 400
        del new["fallback"]
        file.write_text(json.dumps(directory), encoding="utf-8")
        await admin.post("/api/configuration/reload")
        await talk.begin("three_way", "contact:new")
        await (await telephone.next_call()).wait_answered()
        await talk.state("three_way")
    finally:
        file.write_text(before, encoding="utf-8")
        await admin.post("/api/configuration/reload")
    # the call that goes on does not mind; the next order goes by the files of now
    await talk.order("abort")
    assert await talk.desk.status("POST", path, json=body) == 403
    await talk.caller.hangup()
    await talk.caller.wait_ended()


async def test_given_no_number_answers_when_rung_then_caller_and_agent_go_on(
    talk: Conversation, water: tuple[PhoneAgent, ...]
) -> None:
    for telephone in water:
        telephone.behaviour = BUSY
    await talk.begin("consult", "contact:water")
    await talk.state("together", "busy", 20)
    assert [len(one.calls) for one in water] == [1, 1, 1]
    await say((talk.caller, CALLER_SAYS), (talk.agent, AGENT_SAYS))
    await talk.caller.hangup()
    for call in (talk.caller, talk.agent):
        await call.wait_ended()
    assert heard(talk.caller, AGENT_SAYS) > HEARD
    assert heard(talk.agent, CALLER_SAYS) > HEARD


async def test_given_a_closed_contact_when_rung_then_its_fallback_is_and_the_agent_is_told(
    talk: Conversation, water: tuple[PhoneAgent, ...]
) -> None:
    directory = await talk.desk.get("/api/directory")
    shown = {one["target"]: one for one in directory["contacts"]}
    assert (shown["contact:expert"]["open"], shown["contact:water"]["open"]) == (False, True)
    assert shown["contact:expert"]["kind"] == "expert"
    view = await talk.begin("three_way", "contact:expert")
    assert (view["notice"], view["name"]) == ("outside_hours", "供水抢修")
    await talk.state("three_way_ringing", "outside_hours")
    third = await water[0].next_call()
    await talk.state("three_way")
    # the agent's telephone may die while it rings or after: the others go on
    await talk.agent.hangup()
    await talk.state("handed_over")
    await third.hangup()
    await talk.state("returned")
    await talk.caller.hangup()
    await talk.caller.wait_ended()


async def test_given_several_numbers_when_the_agents_telephone_dies_then_the_next_is_still_rung(
    talk: Conversation, water: tuple[PhoneAgent, ...]
) -> None:
    water[0].behaviour = AgentBehaviour(answer_after_s=2.0, refuse="busy")
    await talk.begin("consult", "contact:water")
    await water[0].next_call()
    await talk.agent.hangup()
    third = await water[1].next_call()
    await talk.state("handed_over", deadline_s=20)
    await say((talk.caller, CALLER_SAYS), (third, TARGET_SAYS))
    await talk.caller.hangup()
    for call in (talk.caller, third):
        await call.wait_ended()
    assert heard(third, CALLER_SAYS) > HEARD
    assert heard(talk.caller, TARGET_SAYS) > HEARD
