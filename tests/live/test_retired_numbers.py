"""Numbers out of service: announced before the answer, then released or forwarded, and counted."""

from __future__ import annotations

import asyncio
import json
import signal
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from agent_gateway.service import prepare
from config.settings import load_settings
from telephony.testphone import PhoneCall, TestPhone
from tests.live.harness.api import Api, Message
from tests.live.harness.audio import RATE_HZ, likeness, samples
from tests.live.harness.hotline import Hotline, until
from tests.live.harness.midnight import ZoneFolder, midnight_after, zone_with_midnight_at
from tests.live.harness.records import closed, reached
from tests.live.harness.rtp import AudioPort
from tests.live.harness.sipp import Outcome, run_sipp
from tests.live.harness.studio import prompt, say

TEXT = '{ zh = "您好，本号码已停用，请拨打12345。", en = "Please dial 12345." }'
NAME = '{ zh = "旧号码", en = "An old number" }'
LINES = f"""
[lines.96119]
mode = "merged"
name = {NAME}
announcement = {TEXT}
languages = ["zh"]
repeats = 1
since = 2026-01-01
until = 2999-12-31
then = "forward"
forward_to = "12345"

[lines.12336]
mode = "merged"
name = {NAME}
announcement = {TEXT}
repeats = 2
then = "hangup"

[lines.12302]
mode = "merged"
name = {NAME}
announcement = {TEXT}
until = 2026-01-31
then = "forward"
forward_to = "12345"

[lines.12301]
mode = "cancelled"
name = {NAME}

[lines.12366]
mode = "sub_centre"
name = {NAME}

[lines.09311000001]
mode = "office"
name = {NAME}
announcement = {TEXT}
languages = ["zh"]

[lines.12318]
mode = "merged"
name = {NAME}
announcement = {TEXT}
then = "hangup"
"""
RETIRED = ("96119", "12336", "12302", "09311000001", "12318")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def old_numbers() -> AsyncIterator[Hotline]:
    hotline = Hotline.make()
    hotline.add_lines(LINES)
    for number in RETIRED:
        say(hotline, f"announcement-{number}")
    async with hotline:
        yield hotline


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def caller(old_numbers: Hotline) -> AsyncIterator[TestPhone]:
    async with TestPhone(old_numbers.installation, old_numbers.sip) as phone:
        yield phone


@pytest_asyncio.fixture(loop_scope="session")
async def records(old_numbers: Hotline) -> AsyncIterator[Api]:
    async with old_numbers.api("admin") as api:
        yield api
    await until(old_numbers.idle, "Asterisk without channels", 15)


def _heard(call: PhoneCall, wav: Path) -> float:
    return likeness(samples(call.heard)[:, 0], samples(wav)[:, 0])


async def test_given_a_number_that_hangs_up_when_called_then_183_with_audio_then_404_and_no_200(
    old_numbers: Hotline, records: Api
) -> None:
    run = await run_sipp(
        old_numbers.installation,
        "announced_and_released",
        old_numbers.sip,
        "12336",
        caller="13900000201",
    )
    assert run.exit_code == 0, run.errors + run.messages
    assert run.received("SIP/2.0 183") == 1
    assert run.received("SIP/2.0 200") == 0
    record = await closed(records, "13900000201")
    assert (record["line"], record["disposition"]) == ("12336", "announced")
    assert (record["hung_up_by"], record["cause"]) == ("system", 1)
    assert [step["prompt"] for step in record["path"]] == ["announcement"]


async def test_given_a_number_that_is_forwarded_when_called_then_183_with_audio_and_200_afterwards(
    old_numbers: Hotline, records: Api
) -> None:
    run = await run_sipp(
        old_numbers.installation,
        "announced_and_answered",
        old_numbers.sip,
        "96119",
        caller="13900000208",
        hold_ms=500,
    )
    assert run.exit_code == 0, run.errors + run.messages
    record = await closed(records, "13900000208")
    assert (record["line"], record["hung_up_by"]) == ("96119", "caller")


async def test_given_two_languages_twice_when_called_then_all_four_are_heard_before_any_answer(
    old_numbers: Hotline, caller: TestPhone, records: Api
) -> None:
    call = await caller.dial("12336", caller="13900000202")
    await call.wait_ended()
    assert not call.is_answered
    assert (call.sip_status, call.cause) == (404, 1)
    zh = samples(prompt(old_numbers, "announcement-12336"))[:, 0]
    en = samples(prompt(old_numbers, "announcement-12336", "en"))[:, 0]
    heard = samples(call.heard)[:, 0]
    once = len(zh) + len(en)
    assert abs(len(heard) - 2 * once) < RATE_HZ
    # the telephone begins to record a moment after the first packet
    heard = np.pad(heard, RATE_HZ)
    for half in (heard[: once + 2 * RATE_HZ], heard[-once - 2 * RATE_HZ :]):
        assert likeness(half, zh) > 0.8
        assert likeness(half, en) > 0.8


async def test_given_a_forwarded_number_when_called_then_answered_after_it_on_the_old_line(
    old_numbers: Hotline, caller: TestPhone, records: Api
) -> None:
    account = old_numbers.accounts["agent8001"]
    seat = await caller.add_agent(account.sip_user, account.sip_password)
    async with old_numbers.api("agent8001") as agent:
        await agent.watch()
        await agent.state("ready")
        call = await caller.dial("96119", caller="13900000203", keys=[(0.3, "0")])
        talking = await seat.next_call()
        await talking.wait_answered()
        popped = await agent.heard("call.offered")
        await call.hangup()
        await call.wait_ended()
        await agent.state("logged_out")
    said = samples(prompt(old_numbers, "announcement-96119"))[:, 0]
    kinds = [event.kind for event in call.events]
    assert kinds.index("early media") < kinds.index("hears") < kinds.index("answered")
    answered = next(event.at_s for event in call.events if event.kind == "answered")
    assert answered >= len(said) / 8000
    assert _heard(call, prompt(old_numbers, "announcement-96119")) > 0.8

    async def sealed() -> Message | None:
        record = await closed(records, "13900000203")
        return record if record["has_recording"] else None

    record = await until(sealed, "sealed recording")
    assert record is not None
    assert (record["line"], record["dialled"], record["disposition"]) == (
        *("96119", "96119"),
        "answered",
    )
    assert popped["call"]["line"] == "96119"
    listed = await old_numbers.command("recordings", "list", "--json")
    assert '"line": "96119"' in listed


@pytest.mark.parametrize("number", ["12302", "12301"])
async def test_given_a_number_past_its_transition_or_cancelled_then_404_without_a_word(
    old_numbers: Hotline, records: Api, number: str
) -> None:
    ours = f"139000004{number[-2:]}"
    run = await run_sipp(old_numbers.installation, "vacant", old_numbers.sip, number, caller=ours)
    assert run.exit_code == 0, run.errors + run.messages
    assert run.received("SIP/2.0 183") == run.received("SIP/2.0 200") == 0
    record = await closed(records, ours)
    assert (record["line"], record["disposition"]) == (number, "vacant")


async def test_given_a_caller_who_leaves_during_the_announcement_then_counted_as_announced(
    old_numbers: Hotline, caller: TestPhone, records: Api
) -> None:
    call = await caller.dial("12336", caller="13900000204")
    await call.wait_for("hears")
    await call.hangup()
    await call.wait_ended()
    record = await closed(records, "13900000204")
    assert (record["disposition"], record["hung_up_by"]) == ("announced", "caller")


@pytest.mark.parametrize(("number", "early"), [("09311000001", True), ("12366", False)])
async def test_given_an_office_or_a_sub_centre_delivered_here_then_people_answer_on_its_line(
    old_numbers: Hotline, caller: TestPhone, records: Api, number: str, early: bool
) -> None:
    ours = f"139000003{number[-2:]}"
    call = await caller.dial(number, caller=ours, answer_only=True)
    await call.wait_ended()
    assert call.is_answered
    assert ("early media" in [event.kind for event in call.events]) is early
    assert (await closed(records, ours))["line"] == number


async def test_given_an_announcement_without_sound_then_the_caller_is_answered_by_people(
    old_numbers: Hotline, caller: TestPhone, records: Api
) -> None:
    for lang in ("zh", "en"):
        prompt(old_numbers, "announcement-12318", lang).unlink()
    call = await caller.dial("12318", caller="13900000205")
    await reached(records, "13900000205", "ivr", prompt="greeting")
    await call.hangup()
    await call.wait_ended()
    assert call.is_answered
    record = await closed(records, "13900000205")
    assert (record["line"], record["disposition"]) == ("12318", "abandoned_in_ivr")


@pytest.mark.parametrize(
    ("number", "outcome", "disposition"),
    [
        ("12336", Outcome((183,), 404, 1), "announced"),
        ("12301", Outcome((), 404, 1), "vacant"),
        ("96119", Outcome((183,), 200), "abandoned_in_ivr"),
    ],
)
async def test_given_a_carrier_that_forwards_an_old_number_then_it_is_treated_as_if_dialled(
    old_numbers: Hotline, records: Api, number: str, outcome: Outcome, disposition: str
) -> None:
    ours = f"139000005{number[-2:]}"
    async with AudioPort() as audio:
        run = await run_sipp(
            *(old_numbers.installation, "to_the_end", old_numbers.sip, "12345"),
            caller=ours,
            hold_ms=3000,
            headers=[f"Diversion: <sip:0931{number}@carrier.invalid>;reason=unconditional"],
            keys={"audio_port": str(audio.port)},
        )
    assert run.exit_code == 0, run.errors + run.messages
    assert list(run.outcomes().values()) == [outcome]
    if outcome.progress:
        said = samples(prompt(old_numbers, f"announcement-{number}"))[:, 0]
        assert likeness(audio.heard, said) > 0.8
    record = await closed(records, ours)
    assert (record["line"], record["dialled"]) == (number, "12345")
    assert record["disposition"] == disposition


async def test_given_an_old_number_that_only_the_service_can_read_then_it_is_told_and_served(
    old_numbers: Hotline, caller: TestPhone, records: Api
) -> None:
    header = {"Diversion": "<sip:%2B8693112336@carrier.invalid>;reason=unconditional"}
    call = await caller.dial("12345", caller="13900000206", extra_headers=header)
    await reached(records, "13900000206", "ivr", prompt="greeting")
    await call.hangup()
    await call.wait_ended()
    record = await closed(records, "13900000206")
    assert record["line"] == "12336"
    assert [step["prompt"] for step in record["path"]] == ["announcement", "greeting"]
    assert _heard(call, prompt(old_numbers, "announcement-12336")) > 0.8
    assert _heard(call, prompt(old_numbers, "announcement-12336", "en")) > 0.8


async def test_given_the_calls_of_today_when_counted_then_each_old_number_has_its_own(
    old_numbers: Hotline, records: Api
) -> None:
    await run_sipp(
        *(old_numbers.installation, "vacant", old_numbers.sip, "12301"), caller="13900000209"
    )
    await closed(records, "13900000209")
    today = datetime.now(old_numbers.settings.city.zone).date()
    answer = await records.get(
        f"/api/numbers/statistics?from={today - timedelta(days=1)}&to={today}"
    )
    counted = {row["line"]: row["dispositions"] for row in answer["rows"]}
    for line, dispositions in counted.items():
        calls = (await records.get(f"/api/calls?line={line}&limit=200"))["calls"]
        assert dispositions == Counter(call["disposition"] for call in calls)
    assert counted["12301"]["vacant"] >= 1
    async with old_numbers.api("agent8001") as api:
        assert await api.status("GET", f"/api/numbers/statistics?from={today}&to={today}") == 403


# ---- a change at midnight ------------------------------------------------------------------

AROUND = timedelta(seconds=5)


@pytest_asyncio.fixture(loop_scope="session")
async def changing(tmp_path: Path) -> AsyncIterator[tuple[Hotline, ZoneFolder]]:
    hotline = Hotline.make(asr={"enabled": False})
    try:
        with ZoneFolder(tmp_path) as zones:
            hotline.environment = zones.environment
            await hotline.start()
            yield hotline, zones
    finally:
        await hotline.stop()


async def _midnight_soon(hotline: Hotline, zones: ZoneFolder) -> datetime:
    """Let 12336 be retired at a midnight that is seconds away; Asterisk knows, the service too."""
    midnight = midnight_after(hotline.started_in_s)
    day = zone_with_midnight_at(midnight, zones.folder, "Test/Midnight")
    config = hotline.config_file.read_text(encoding="utf-8")
    config += '\n[city]\ntimezone = "Test/Midnight"\n'
    await asyncio.to_thread(hotline.config_file.write_text, config, encoding="utf-8")
    hotline.add_lines(_dual_until(day))
    hotline.settings = load_settings(hotline.config_file)
    say(hotline, f"announcement-12336-{day:%Y%m%d}")
    say(hotline, "greeting-12336")
    await prepare(hotline.settings, hotline.secrets)
    await hotline.asterisk.command("dialplan reload")
    return midnight


def _dual_until(day: date) -> str:
    return f"""
[lines.12336]
mode = "dual"
name = {NAME}
greeting = {TEXT}
[[lines.12336.stages]]
from = {day}
mode = "merged"
announcement = {TEXT}
languages = ["zh"]
repeats = 1
then = "hangup"
"""


@pytest.mark.timeout(240)
@pytest.mark.parametrize("service", ["running", "down"])
async def test_given_calls_all_the_time_when_midnight_comes_then_every_call_gets_its_days_treatment(
    changing: tuple[Hotline, ZoneFolder], service: str
) -> None:
    hotline, zones = changing
    hotline.kill_service(signal.SIGTERM)
    midnight = await _midnight_soon(hotline, zones)
    if service == "running":
        await hotline.start_service()
    calls: list[PhoneCall] = []
    async with TestPhone(hotline.installation, hotline.sip) as phone:
        left = midnight - AROUND - datetime.now(UTC)
        assert left > timedelta(), "too slow to see the change"
        await asyncio.sleep(left.total_seconds())
        while datetime.now(UTC) < midnight + AROUND:
            ours = f"1390001{len(calls):04}"
            calls.append(await phone.dial("12336", caller=ours, answer_only=True))
            await asyncio.sleep(0.25)
        for call in calls:
            await call.wait_ended()
    edge = timedelta(seconds=1)
    before = [call for call in calls if call.began_at < midnight - edge]
    after = [call for call in calls if call.began_at > midnight + edge]
    assert len(before) >= 5
    assert len(after) >= 8
    assert all(call.is_answered for call in before)
    assert not any(call.is_answered for call in after)
    assert {(call.sip_status, call.cause) for call in after} == {(404, 1)}
    await until(hotline.idle, "Asterisk without channels", 15)

    if service == "down":
        await hotline.start_service()

    async def told() -> list[str]:
        entries = await hotline.store.audit.latest(1000)
        return [entry.detail for entry in entries if entry.action == "number.stage_began"]

    # caught up at the start if nobody was there
    (detail,) = await until(told, "the change in the audit trail", 40)
    assert detail.startswith("dual (line 12336) > merged announcement-12336-")
    assert "by nobody named at" in detail
    async with hotline.api("admin") as admin:
        for call in after:
            record = await closed(admin, call.caller)
            assert (record["line"], record["disposition"]) == ("12336", "announced")
            assert record["recovered"] is (service == "down")
        # the service, too, knows what day it is: by a header, after the answer
        async with TestPhone(hotline.installation, hotline.sip) as phone:
            header = {"Diversion": "<sip:12336@carrier.invalid>;reason=unconditional"}
            call = await phone.dial("12345", caller="13900000207", extra_headers=header)
            await reached(admin, "13900000207", "ivr", prompt="announcement", detail="12336")
            await call.hangup()
            await call.wait_ended()
    plan = json.loads(await hotline.command("numbers", "preview", "12336", "--json"))
    assert plan["mode"] == "merged"
