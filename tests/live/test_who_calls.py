"""Who the caller is decides how they are served: turned away, put forward, or as everybody."""

from __future__ import annotations

import asyncio
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from telephony.testphone import PhoneAgent, PhoneCall, TestPhone
from tests.live.harness.api import Api, Message
from tests.live.harness.audio import likeness, samples
from tests.live.harness.hotline import Hotline, until
from tests.live.harness.records import (
    agent_state,
    closed,
    ended_call,
    reached,
    waiting,
)
from tests.live.harness.sipp import run_sipp

STRAIGHT_ON = [(0.3, "0")]
BLOCKED, PRIORITY = "/api/callers/blocked", "/api/callers/priority"


@asynccontextmanager
async def listed(admin: Api, path: str, **entry: Any) -> AsyncIterator[Message]:
    """The number is on the list, and taken off it afterwards."""
    row = await admin.post(path, reason="测试", **entry)
    try:
        yield row
    finally:
        await admin.status("DELETE", f"{path}/{row['id']}")


def for_an_hour() -> str:
    return (datetime.now(UTC) + timedelta(hours=1)).isoformat()


async def priorities(hotline: Hotline) -> list[int]:
    """Of those who wait, in the order of the queue."""
    shown = await hotline.asterisk.command("queue show hotline")
    return [int(prio) for prio in re.findall(r"wait: [\d:]+, prio: (\d+)", shown)]


async def hang_up(*calls: PhoneCall) -> None:
    for call in calls:
        await call.hangup()
        await call.wait_ended()


async def missed_calls(admin: Api, caller: str) -> list[Message]:
    page = await admin.get("/api/missed-calls?state=all&limit=200")
    return [one for one in page["missed_calls"] if one["caller"] == caller]


async def test_given_a_blocked_number_then_told_and_released_and_nobody_s_telephone_rings(
    hotline: Hotline,
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    admin: Api,
) -> None:
    await agents["8001"].state("ready")
    caller, other = "13900000391", "13900000392"
    async with (
        listed(admin, BLOCKED, number=f"+86{caller}", until=for_an_hour()) as entry,
        listed(admin, BLOCKED, number=f"0{other}", until=for_an_hour()),
    ):
        assert entry["number"] == caller
        by_sipp = asyncio.create_task(
            run_sipp(
                hotline.installation,
                "told_and_released",
                hotline.sip,
                "12328",
                caller=f"86{other}",
                deadline_s=90,
            )
        )
        call = await phone.dial("12345", caller=caller)
        for _ in range(2):
            await call.wait_for("hears")
            await call.press("0")
        await call.wait_ended()
        run = await by_sipp
        assert run.exit_code == 0, run.errors + run.messages
        assert (run.received("SIP/2.0 183"), run.received("SIP/2.0 200")) == (1, 0)
        # nothing to pay for, and keys do nothing
        assert (call.is_answered, call.sip_status, call.cause) == (False, 403, 21)

        heard = samples(call.heard)[:, 0]
        for language in ("zh", "en"):
            prompt = hotline.settings.prompts_dir / language / "caller-blocked.wav"
            assert likeness(heard, samples(prompt)[:, 0]) > 0.7, language
        for number, line in ((caller, "12345"), (f"86{other}", "12328")):
            record = await closed(admin, number)
            assert (record["line"], record["disposition"]) == (line, "blocked")
            assert (record["hung_up_by"], record["cause"]) == ("system", 21)
            assert (record["queued_at"], record["agent"]) == (None, "")
            assert (record["answered_at"], record["has_recording"]) == (None, False)
            assert await missed_calls(admin, number) == []
        assert telephones["8001"].calls == []
        assert not any(m["type"] == "call.offered" for m in agents["8001"].messages)

    call = await phone.dial("12345", caller=caller, keys=STRAIGHT_ON)
    await (await telephones["8001"].next_call()).wait_answered()
    await hang_up(call)


async def test_given_a_service_that_is_away_then_a_blocked_number_waits_like_others(
    hotline: Hotline,
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    admin: Api,
) -> None:
    caller = "13900000303"
    async with listed(admin, BLOCKED, number=caller, until=for_an_hour()):
        hotline.kill_service(signal.SIGKILL)
        try:
            call = await phone.dial("12345", caller=caller)
            await waiting(hotline, 1)
            assert await priorities(hotline) == [10]
            await hang_up(call)
        finally:
            await hotline.start_service()
        # what was written down is in force again
        call = await phone.dial("12345", caller=caller)
        record = await reached(admin, caller, "ivr", prompt="blocked")
        assert record["queued_at"] is None
        await hang_up(call)
        record = await closed(admin, caller)
        assert (record["disposition"], record["hung_up_by"]) == ("blocked", "caller")


async def test_given_a_service_that_dies_while_a_blocked_caller_is_told_then_told_to_the_end(
    hotline: Hotline,
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    admin: Api,
) -> None:
    caller = "13900000304"
    async with listed(admin, BLOCKED, number=caller, until=for_an_hour()):
        call = await phone.dial("12345", caller=caller)
        await call.wait_for("hears")
        hotline.kill_service(signal.SIGKILL)
        try:
            await call.wait_ended()
            assert (call.is_answered, call.cause) == (False, 21)
        finally:
            await hotline.start_service()
        assert (await closed(admin, caller))["disposition"] == "blocked"


@pytest.mark.parametrize("failure", ["frozen service", "no announcement"])
async def test_given_a_failure_when_a_blocked_number_calls_then_answered_like_others(
    hotline: Hotline,
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    admin: Api,
    failure: str,
) -> None:
    caller = "13900000305"
    prompts = [hotline.settings.prompts_dir / lang / "caller-blocked.wav" for lang in ("zh", "en")]
    async with listed(admin, BLOCKED, number=caller, until=for_an_hour()):
        if failure == "frozen service":
            hotline.kill_service(signal.SIGSTOP)
        else:
            for prompt in prompts:
                prompt.rename(prompt.with_suffix(".away"))
        try:
            call = await phone.dial("12345", caller=caller)
            await call.wait_answered()
            await waiting(hotline, 1)
        finally:
            hotline.kill_service(signal.SIGCONT)
            for prompt in prompts:
                if not prompt.exists():
                    prompt.with_suffix(".away").rename(prompt)
        await hang_up(call)


async def test_given_callers_in_line_when_a_vip_calls_then_the_vip_is_answered_first(
    hotline: Hotline,
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    admin: Api,
) -> None:
    first, vip = "13900000311", "13900000312"
    async with listed(admin, PRIORITY, number=vip, priority=25):
        early = await phone.dial("12328", caller=first, keys=STRAIGHT_ON)
        await waiting(hotline, 1)
        late = await phone.dial("12345", caller=f"0086{vip}", keys=STRAIGHT_ON)
        await waiting(hotline, 2)
        assert await priorities(hotline) == [35, 20]

        await agents["8001"].state("ready")
        answered = await telephones["8001"].next_call()
        await answered.wait_answered()
        pop = (await agents["8001"].heard("call.offered"))["call"]
        assert pop["caller"] == f"0086{vip}"
        reasons = [step["detail"] for step in pop["path"] if step.get("prompt") == "priority"]
        assert reasons == ["vip +25"]
        await hang_up(late)
        second = await telephones["8001"].next_call()
        await second.wait_answered()
        pop = (await agents["8001"].heard("call.offered", lambda m: m["call"]["caller"] == first))[
            "call"
        ]
        assert not any(step.get("prompt") == "priority" for step in pop["path"])
        await hang_up(early)


async def test_given_a_call_in_vain_when_the_number_calls_again_then_before_others_until_answered(
    hotline: Hotline,
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    admin: Api,
) -> None:
    again, other = "13900000321", "13900000322"
    call = await phone.dial("12345", caller=again, keys=STRAIGHT_ON)
    await waiting(hotline, 1)
    await hang_up(call)

    async def missed() -> bool:
        return bool(await missed_calls(admin, again))

    await until(missed, "missed call")
    early = await phone.dial("12345", caller=other, keys=STRAIGHT_ON)
    await waiting(hotline, 1)
    late = await phone.dial("12345", caller=f"+86{again}", keys=STRAIGHT_ON)
    await waiting(hotline, 2)
    assert await priorities(hotline) == [15, 10]
    await reached(admin, f"%2B86{again}", "ivr", prompt="priority", detail="repeat +5")

    await agents["8001"].state("ready")
    await (await telephones["8001"].next_call()).wait_answered()
    assert (await agents["8001"].heard("call.offered"))["call"]["caller"] == f"+86{again}"
    await hang_up(late)
    await (await telephones["8001"].next_call()).wait_answered()
    await hang_up(early)


async def test_given_a_ticket_in_work_when_the_number_calls_again_then_put_forward(
    hotline: Hotline,
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    admin: Api,
) -> None:
    caller, desk = "13900000331", agents["8001"]
    await desk.state("ready")
    call = await phone.dial("12345", caller=caller, keys=STRAIGHT_ON)
    await (await telephones["8001"].next_call()).wait_answered()
    await hang_up(call)
    drafted = await desk.heard("ticket.drafted", lambda m: m["ticket"]["caller"] == caller)
    ticket = drafted["ticket"]
    await desk.post(f"/api/tickets/{ticket['number']}/submit")
    await agent_state(admin, "8001", "ready")
    await desk.state("break", "小休")

    call = await phone.dial("12345", caller=f"+86{caller}", keys=STRAIGHT_ON)
    await waiting(hotline, 1)
    assert await priorities(hotline) == [15]
    await reached(admin, f"%2B86{caller}", "ivr", prompt="priority", detail="ticket +5")
    await hang_up(call)


async def test_given_calls_of_the_day_then_the_line_s_service_level_by_its_own_target(
    hotline: Hotline,
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    admin: Api,
) -> None:
    today = datetime.now(ZoneInfo(hotline.settings.city.timezone)).date()

    async def figures(line: str) -> Message:
        rows = (await admin.get(f"/api/statistics/lines?from={today}&to={today}"))["rows"]
        found: list[Message] = [row for row in rows if row["line"] == line]
        return found[0] if found else {}

    def counts(row: Message) -> tuple[int, ...]:
        names = ("offered", "answered", "answered_in_time", "abandoned")
        return tuple(row.get(name, 0) for name in names)

    before = await figures("12319")
    await agents["8001"].state("ready")
    call = await phone.dial("12319", caller="13900000341", keys=STRAIGHT_ON)
    await (await telephones["8001"].next_call()).wait_answered()
    await hang_up(call)
    await ended_call(admin, "13900000341")
    await agents["8001"].state("break", "小休")
    call = await phone.dial("12319", caller="13900000342", keys=STRAIGHT_ON)
    await waiting(hotline, 1)
    await hang_up(call)
    await ended_call(admin, "13900000342")
    after = await figures("12319")
    added = [now - then for now, then in zip(counts(after), counts(before), strict=True)]
    assert added == [2, 1, 1, 1]
    assert after["target_seconds"] == 15
    late = await figures("12328")
    assert not late or late["target_seconds"] == 10
