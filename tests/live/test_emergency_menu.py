"""A key of a menu for people in danger: at once to the line it names, or to the one they choose."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator

import pytest_asyncio

from telephony.testphone import AgentBehaviour, PhoneAgent, TestPhone
from telephony.testphone.configuration import free_port
from tests.live.harness.api import Api, Message
from tests.live.harness.hotline import MENU_LINE, Hotline, until
from tests.live.harness.records import closed, reached, waiting
from tests.live.harness.talk import CALLER_SAYS, HEARD, TARGET_SAYS, fresh, heard, say

# texts that are spoken already: voices would take their time
ASKED = 'zh = "没有收到您的按键。", en = "We did not receive a key press."'
MENUS = f"""
version = 1
[menus.example]
entry = true
timeout_s = 15
prompt = {{ {ASKED} }}
[menus.example.keys]
5 = {{ action = "emergency", line = "119" }}
6 = {{ action = "emergency" }}
7 = {{ action = "emergency", line = "122" }}
"""
FIRE, POLICE = "119", "110"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house() -> AsyncIterator[Hotline]:
    telephones = free_port(socket.SOCK_DGRAM)
    hotline = Hotline.make(
        outbound={
            "trunks": [f"127.0.0.1:{telephones}"],
            "ring_seconds": 8,
            # 122 cannot be dialled here
            "emergency_lines": [POLICE, FIRE],
        }
    )
    menus = hotline.data_dir / "menus.toml"
    menus.write_text(MENUS, encoding="utf-8")
    hotline.environment["HOTLINE_MENUS"] = str(menus)
    async with hotline:
        yield hotline


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def world(house: Hotline) -> AsyncIterator[TestPhone]:
    (trunk,) = house.settings.outbound.trunks
    port = int(trunk.rpartition(":")[2])
    async with TestPhone(house.installation, house.sip, sip_port=port) as phone:
        yield phone


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def _lines(world: TestPhone) -> dict[str, PhoneAgent]:
    return {number: world.add_number(number) for number in (FIRE, POLICE)}


@pytest_asyncio.fixture(loop_scope="session")
async def lines(
    house: Hotline, _lines: dict[str, PhoneAgent]
) -> AsyncIterator[dict[str, PhoneAgent]]:
    """The emergency lines' telephones; afterwards no call is left."""
    for telephone in _lines.values():
        fresh(telephone, answer_after_s=0.3)
    yield _lines
    await until(house.idle, "Asterisk without channels", 15)


@pytest_asyncio.fixture(loop_scope="session")
async def boss(house: Hotline) -> AsyncIterator[Api]:
    async with house.api("admin") as api:
        await api.watch()
        yield api


def told(record: Message) -> list[tuple[str, str]]:
    steps = [(one["prompt"], one["detail"]) for one in record["path"] if one["step"] == "ivr"]
    return [step for step in steps if step[0].startswith("emergency")]


async def test_given_a_key_that_names_a_line_when_pressed_then_that_line_answers_at_once(
    world: TestPhone, lines: dict[str, PhoneAgent], boss: Api
) -> None:
    call = await world.dial(MENU_LINE, caller="13900000741")
    await reached(boss, "13900000741", "ivr", prompt="menu")
    await call.press("5")
    fire = await lines[FIRE].next_call()
    assert fire.caller == "13900000741"
    await fire.wait_answered()
    alarm = await boss.heard("call.alarm", lambda m: m["line"] == FIRE)
    assert alarm["kind"] == "menu"
    await say((call, CALLER_SAYS), (fire, TARGET_SAYS))
    await fire.hangup()
    await call.wait_ended()
    assert heard(fire, CALLER_SAYS) > HEARD
    assert heard(call, TARGET_SAYS) > HEARD
    assert not lines[POLICE].calls
    record = await closed(boss, "13900000741")
    assert (record["line"], record["disposition"]) == (MENU_LINE, "emergency")
    assert told(record) == [
        ("emergency", "menu"),
        ("emergency_line", FIRE),
        ("emergency_dialled", FIRE),
        ("emergency_reached", ""),
    ]


async def test_given_a_key_without_a_line_when_pressed_then_the_caller_chooses_it(
    world: TestPhone, lines: dict[str, PhoneAgent], boss: Api
) -> None:
    call = await world.dial(MENU_LINE, caller="13900000742")
    await reached(boss, "13900000742", "ivr", prompt="menu")
    await call.press("6")
    await reached(boss, "13900000742", "ivr", prompt="emergency")
    await call.press("1")
    police = await lines[POLICE].next_call()
    await police.wait_answered()
    await call.hangup()
    await police.wait_ended()
    assert not lines[FIRE].calls
    assert ("emergency_line", POLICE) in told(await closed(boss, "13900000742"))


async def test_given_a_key_by_mistake_then_a_person_and_nobody_is_alarmed(
    house: Hotline, world: TestPhone, lines: dict[str, PhoneAgent], boss: Api
) -> None:
    call = await world.dial(MENU_LINE, caller="13900000743")
    await reached(boss, "13900000743", "ivr", prompt="menu")
    await call.press("6")
    await reached(boss, "13900000743", "ivr", prompt="emergency")
    await call.press("*")
    await waiting(house, 1)
    assert "prio: 1000" not in await house.asterisk.command("queue show hotline")
    await call.hangup()
    await call.wait_ended()
    record = await closed(boss, "13900000743")
    assert told(record) == [("emergency", "menu"), ("emergency", "by mistake")]
    assert not lines[POLICE].calls + lines[FIRE].calls


async def test_given_a_line_that_cannot_be_dialled_then_the_head_of_the_queue_and_an_alarm(
    house: Hotline, world: TestPhone, lines: dict[str, PhoneAgent], boss: Api
) -> None:
    first = await world.dial("12328", caller="13900000744", keys=[(0.3, "0")])
    await waiting(house, 1)
    call = await world.dial(MENU_LINE, caller="13900000745")
    await reached(boss, "13900000745", "ivr", prompt="menu")
    boss.messages.clear()
    await call.press("7")
    await boss.heard("call.alarm", lambda m: m["kind"] == "menu")
    await waiting(house, 2)
    shown = await house.asterisk.command("queue show hotline")
    places = [line for line in shown.splitlines() if "prio:" in line]
    assert "prio: 1000" in places[0]
    for one in (call, first):
        await one.hangup()
        await one.wait_ended()
    assert not lines[POLICE].calls + lines[FIRE].calls


async def test_given_a_line_that_is_busy_then_an_agent_before_all_others(
    house: Hotline, world: TestPhone, lines: dict[str, PhoneAgent], boss: Api
) -> None:
    lines[FIRE].behaviour = AgentBehaviour(answer_after_s=0.1, refuse="busy")
    call = await world.dial(MENU_LINE, caller="13900000746")
    await reached(boss, "13900000746", "ivr", prompt="menu")
    await call.press("5")
    await reached(boss, "13900000746", "ivr", prompt="emergency_unreached")
    await waiting(house, 1)
    assert "prio: 1000" in await house.asterisk.command("queue show hotline")
    await call.hangup()
    await call.wait_ended()
