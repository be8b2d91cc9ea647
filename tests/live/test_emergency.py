"""Emergency lines are reached by button and by keys, whatever else goes on or does not work."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.live.harness.api import Api, Message
from tests.live.harness.audio import likeness, samples
from tests.live.harness.hotline import Hotline, until
from tests.live.harness.records import record_of
from tests.live.harness.talk import (
    AGENT_SAYS,
    CALLER_SAYS,
    EMERGENCY,
    HEARD,
    TARGET_SAYS,
    Conversation,
    Outside,
    heard,
    say,
    sealed,
)
from tests.live.harness.trunk import Trunk

PLACE = "城关区东岗路7号 3楼"
PLACE_AS_HEADER = "%E5%9F%8E%E5%85%B3%E5%8C%BA%E4%B8%9C%E5%B2%97%E8%B7%AF7%E5%8F%B7%203%E6%A5%BC"


async def test_given_a_place_when_the_button_is_pressed_then_the_line_gets_it_and_the_agent_too(
    talk: Conversation, outside: Outside, invites: list[str]
) -> None:
    view = await talk.order("emergency", line=EMERGENCY, location=PLACE + "\r\nX-Evil: 1")
    assert view["location"] == PLACE + " X-Evil: 1"
    third = await outside.emergency.next_call()
    said = await talk.state("three_way")
    assert said["location"] == view["location"]
    [invite] = [one for one in invites if f"sip:{EMERGENCY}@" in one.split("\r\n")[0]]
    headers = invite.split("\r\n")
    assert f"X-Location: {PLACE_AS_HEADER}%20X-Evil%3A%201" in headers
    assert not any(one.lower().startswith("x-evil") for one in headers)
    assert third.caller == talk.number
    await talk.order("abort")
    # what is no emergency carries no place
    invites.clear()
    await talk.begin("three_way")
    await outside.department.next_call()
    assert invites
    assert not any("X-Location" in one for one in invites)
    await talk.caller.hangup()
    await talk.caller.wait_ended()


@pytest.mark.parametrize("state", ["together", "consulting"])
async def test_given_a_room_and_no_service_when_the_key_is_pressed_then_the_line_enters_it(
    hotline: Hotline, talk: Conversation, outside: Outside, state: str
) -> None:
    await talk.begin("consult")
    second = await outside.department.next_call()
    await talk.state("consulting")
    if state == "together":
        await talk.order("abort")
        await second.wait_ended()
    hotline.kill_service()
    try:
        await talk.agent.press(f"*{EMERGENCY}")
        third = await outside.emergency.next_call()
        await third.wait_answered()

        async def met() -> bool:
            said = await hotline.asterisk.command(f"confbridge list {talk.call_id}")
            there = len([line for line in said.splitlines() if "/" in line])
            return there == (3 if state == "together" else 4)

        await until(met, "all in the room", 15)
        await say((talk.caller, CALLER_SAYS), (talk.agent, AGENT_SAYS), (third, TARGET_SAYS))
        # the agent may go: caller and line go on
        await talk.agent.hangup()
        await talk.agent.wait_ended()
        await third.speak(AGENT_SAYS)
        assert not talk.caller.is_ended
        await talk.caller.hangup()
        for call in (talk.caller, third):
            await call.wait_ended(10)
    finally:
        await hotline.start_service()
    assert third.caller == talk.number
    for listener, wavs in (
        (third, (CALLER_SAYS, AGENT_SAYS)),
        (talk.caller, (AGENT_SAYS, TARGET_SAYS)),
        (talk.agent, (CALLER_SAYS, TARGET_SAYS)),
    ):
        for wav in wavs:
            assert heard(listener, wav) > HEARD, (listener.number, wav.name)


async def test_given_no_service_when_the_key_is_pressed_then_the_line_is_heard_and_recorded(
    hotline: Hotline, talk: Conversation, outside: Outside, admin: Api, tmp_path: Path
) -> None:
    hotline.kill_service()
    try:
        await talk.agent.press(f"*{EMERGENCY}")
        third = await outside.emergency.next_call()
        await third.wait_answered()
        await say((talk.caller, CALLER_SAYS), (talk.agent, AGENT_SAYS), (third, TARGET_SAYS))
        await talk.caller.hangup()
        for call in (talk.caller, talk.agent, third):
            await call.wait_ended(10)
    finally:
        await hotline.start_service()

    async def parts() -> list[Message]:
        record = await record_of(admin, talk.number)
        return record["parts"] if record else []

    [part] = await until(parts, "the part of who joined", 60)
    joined = samples(await sealed(admin, talk.call_id, tmp_path, part["part"]))
    assert likeness(joined[:, 0], samples(TARGET_SAYS)[:, 0]) > HEARD
    assert likeness(joined[:, 1], samples(CALLER_SAYS)[:, 0]) > HEARD


async def test_given_no_service_and_the_first_trunk_dead_when_the_key_is_pressed_then_the_second(
    hotline: Hotline, talk: Conversation, outside: Outside, first_trunk: Trunk
) -> None:
    hotline.kill_service()
    try:
        first_trunk.works = False
        began = datetime.now(UTC)
        await talk.agent.press(f"*{EMERGENCY}")
        third = await outside.emergency.next_call()
        await third.wait_answered()
        print(f"{(third.began_at - began).total_seconds():.2f} s from the key to the ringing")
        await say((talk.caller, CALLER_SAYS), (third, TARGET_SAYS))
        await talk.caller.hangup()
        for call in (talk.caller, talk.agent, third):
            await call.wait_ended(10)
    finally:
        await hotline.start_service()
    assert heard(third, CALLER_SAYS) > HEARD
    assert heard(talk.caller, TARGET_SAYS) > HEARD


async def test_given_a_room_when_the_key_is_pressed_then_the_page_shows_a_third_party(
    talk: Conversation, outside: Outside
) -> None:
    await talk.begin("three_way")
    second = await outside.department.next_call()
    await talk.state("three_way")
    await second.hangup()
    await talk.state("together")
    await talk.agent.press(f"*{EMERGENCY}")
    third = await outside.emergency.next_call()
    said = await talk.state("three_way", "keys")
    assert said["target"] == EMERGENCY
    await talk.order("abort")
    await third.wait_ended()
    assert not talk.caller.is_ended
    await talk.caller.hangup()
    await talk.caller.wait_ended()


async def test_given_a_locked_and_broken_database_when_the_button_is_pressed_then_the_line_joins(
    hotline: Hotline, talk: Conversation, outside: Outside
) -> None:
    file = Path(hotline.settings.data_dir / "hotline.db")
    connection = sqlite3.connect(file, isolation_level=None)
    try:
        # no reader finds a login any more, and no writer gets its turn
        connection.execute("ALTER TABLE sessions RENAME TO sessions_away")
        connection.execute("BEGIN IMMEDIATE")
        order = talk.desk.send_later("POST", f"/api/calls/{talk.call_id}/emergency", line=EMERGENCY)
        third = await outside.emergency.next_call(5)
        await talk.state("three_way", deadline_s=5)
        await say((talk.caller, CALLER_SAYS), (third, TARGET_SAYS))
    finally:
        connection.execute("ROLLBACK")
        connection.execute("ALTER TABLE sessions_away RENAME TO sessions")
        connection.close()
    assert await order == 200
    await talk.caller.hangup()
    for call in (talk.caller, talk.agent, third):
        await call.wait_ended()
    assert heard(third, CALLER_SAYS) > HEARD
    assert heard(talk.caller, TARGET_SAYS) > HEARD
