"""The number plan is changed while calls go on: nobody notices but the next caller."""

from __future__ import annotations

import io
import json
import signal
from collections.abc import AsyncIterator

import numpy as np
import pytest_asyncio
import soundfile

from telephony.testphone import TestPhone
from tests.live.harness.api import Api, form
from tests.live.harness.audio import likeness, samples
from tests.live.harness.hotline import SPEECH, Hotline, until
from tests.live.harness.records import reached, record_of
from tests.live.harness.studio import say

NAME = '{ zh = "旧号码", en = "An old number" }'
TEXT = '{ zh = "您好，本号码已停用，请拨打12345。", en = "Please dial 12345." }'
RETIRED = f"""
[lines.12336]
mode = "merged"
name = {NAME}
announcement = {TEXT}
languages = ["zh"]
repeats = 2
then = "hangup"
"""
DUAL = f"""
[lines.12336]
mode = "dual"
name = {NAME}
greeting = {TEXT}
"""
NEXT = f"""
[lines.12316]
mode = "cancelled"
name = {NAME}
"""


def write_plan(hotline: Hotline, lines: str) -> None:
    """The plan as it was made, and these lines."""
    plan = hotline.data_dir / "numberplan.toml"
    kept = hotline.data_dir / "numberplan.first"
    if not kept.exists():
        kept.write_bytes(plan.read_bytes())
    plan.write_text(kept.read_text(encoding="utf-8") + lines, encoding="utf-8")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def changing() -> AsyncIterator[Hotline]:
    hotline = Hotline.make()
    write_plan(hotline, RETIRED)
    say(hotline, "announcement-12336", "greeting-12336")
    async with hotline:
        yield hotline


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def caller(changing: Hotline) -> AsyncIterator[TestPhone]:
    async with TestPhone(changing.installation, changing.sip) as phone:
        yield phone


@pytest_asyncio.fixture(loop_scope="session")
async def boss(changing: Hotline) -> AsyncIterator[Api]:
    async with changing.api("admin") as api:
        yield api


async def _answered(caller: TestPhone, number: str, ours: str) -> tuple[bool, int]:
    call = await caller.dial(number, caller=ours, answer_only=True)
    await call.wait_ended()
    return call.is_answered, call.cause or 0


async def test_given_calls_in_progress_when_the_plan_changes_then_they_go_on_and_the_next_is_new(
    changing: Hotline, caller: TestPhone, boss: Api
) -> None:
    told = await caller.dial("12336", caller="13900000501")
    await told.wait_for("hears")
    waits = await caller.dial("12345", caller="13900000502")
    await reached(boss, "13900000502", "ivr", prompt="greeting")
    write_plan(changing, DUAL + NEXT)
    said = await boss.post("/api/configuration/reload")
    assert "12316" in said["lines"]
    # the old announcement is heard to its end, the caller in the queue stays there
    assert not told.is_ended
    await told.wait_ended()
    assert (told.is_answered, told.sip_status, told.cause) == (False, 404, 1)
    heard = samples(told.heard)[:, 0]
    # both rounds of it
    assert len(heard) > 1.5 * len(samples(SPEECH / "05_bus_caller.wav"))
    new = await caller.dial("12336", caller="13900000503")
    await reached(boss, "13900000503", "ivr", prompt="greeting", detail="12336")
    assert waits.is_answered
    # those who are called are two; the recogniser listens to callers by Local channels
    parties = [one for one in await changing.channels() if not one.startswith("Local/")]
    assert len(parties) == 2
    assert await _answered(caller, "12316", "13900000504") == (False, 1)
    for call in (waits, new):
        await call.hangup()
        await call.wait_ended()
    versions = (await boss.get("/api/configuration/number_plan/versions"))["versions"]
    assert [(one["version"], one["who"], one["action"]) for one in versions] == [
        (1, "", "adopt"),
        (2, "admin", "import"),
    ]


async def test_given_a_plan_with_a_fault_when_taken_then_refused_with_its_key_and_nothing_changed(
    changing: Hotline, caller: TestPhone, boss: Api
) -> None:
    before = await changing.asterisk.command("dialplan show line")
    write_plan(changing, DUAL + NEXT + '[lines.110]\nmode = "dual"\n')
    assert await boss.status("POST", "/api/configuration/reload") == 422
    write_plan(changing, RETIRED + NEXT + f'[lines.119]\nmode = "cancelled"\nname = {NAME}\n')
    assert await boss.status("POST", "/api/configuration/reload") == 422
    assert await changing.asterisk.command("dialplan show line") == before
    assert (await _answered(caller, "12336", "13900000505"))[0]
    async with changing.api("agent8001") as api:
        assert await api.status("POST", "/api/configuration/reload") == 403


async def test_given_versions_when_rolled_back_by_command_then_asterisk_and_service_go_by_the_old(
    changing: Hotline, caller: TestPhone, boss: Api
) -> None:
    write_plan(changing, DUAL + NEXT)
    await changing.command("configuration", "rollback", "number_plan", "--to", "1")
    assert await _answered(caller, "12336", "13900000506") == (False, 1)
    # the service, too: it decides when only a header names the number
    header = {"Diversion": "<sip:12336@carrier.invalid>;reason=unconditional"}
    call = await caller.dial("12345", caller="13900000507", extra_headers=header)
    await reached(boss, "13900000507", "ivr", prompt="announcement", detail="12336")
    await call.hangup()
    await call.wait_ended()
    history = json.loads(
        await changing.command("configuration", "history", "number_plan", "--json")
    )
    assert [(one["action"], one["version"]) for one in history] == [
        ("adopt", 1),
        ("import", 2),
        ("rollback", 1),
    ]
    assert history[-1]["who"].startswith("cli:")


async def test_given_the_service_down_when_the_plan_is_taken_by_command_then_asterisk_goes_by_it(
    changing: Hotline, caller: TestPhone
) -> None:
    changing.kill_service(signal.SIGTERM)
    write_plan(changing, DUAL + NEXT + NEXT.replace("12316", "12317"))
    await changing.command("configuration", "reload")
    assert (await _answered(caller, "12336", "13900000508"))[0]
    await changing.start_service()
    async with changing.api("admin") as admin:
        await until(lambda: record_of(admin, "13900000508"), "the call's record")
        versions = (await admin.get("/api/configuration/number_plan/versions"))["versions"]
    assert versions[-1]["who"].startswith("cli:")


async def test_given_a_recording_brought_over_the_web_then_callers_hear_it_until_it_is_taken_back(
    changing: Hotline, caller: TestPhone, boss: Api
) -> None:
    write_plan(changing, RETIRED)
    await boss.post("/api/configuration/reload")
    key = "/api/prompts/zh/announcement-12336"
    brought = SPEECH / "03_noise_agent.wav"
    change = await boss.upload(key, "新播报.wav", brought.read_bytes())
    assert (change["who"], change["action"], change["original"]) == (
        "admin",
        "import",
        "新播报.wav",
    )
    call = await caller.dial("12336", caller="13900000511")
    await call.wait_ended()
    assert not call.is_answered
    heard = samples(call.heard)[:, 0]
    assert likeness(heard, samples(brought)[:, 0]) > 0.6
    # the same to listen to beforehand: twice one language
    status, preview = await boss.download("/api/numbers/12336/preview/audio")
    wav = changing.data_dir / "preview.wav"
    wav.write_bytes(preview)
    once = samples(changing.settings.prompts_dir / "zh" / "announcement-12336.wav")
    assert status == 200
    assert abs(len(samples(wav)) - 2 * (len(once) + 2400)) < 100
    assert likeness(samples(wav)[:, 0], samples(brought)[:, 0]) > 0.6
    spoken = await changing.command("numbers", "preview", "12336", "--wav", str(wav))
    assert spoken.count("zh/announcement-12336") == 2
    assert wav.read_bytes() == preview
    assert (await boss.download(f"{key}/audio"))[0] == 200
    history = (await boss.get(f"{key}/versions"))["versions"]
    first = next(one["version"] for one in history if one["action"] == "adopt")
    await boss.post(f"{key}/rollback", version=first)
    call = await caller.dial("12336", caller="13900000512")
    await call.wait_ended()
    assert likeness(samples(call.heard)[:, 0], samples(SPEECH / "05_bus_caller.wav")[:, 0]) > 0.6


async def test_given_a_hostile_upload_then_a_plain_refusal_and_the_old_recording_stays(
    changing: Hotline, boss: Api
) -> None:
    write_plan(changing, RETIRED)
    await boss.post("/api/configuration/reload")
    key = "/api/prompts/zh/announcement-12336"
    before = await boss.download(f"{key}/audio")
    for name, content, status in (
        ("page.m4a", b"<html></html>" * 100, 422),
        ("bomb.flac", _hours_of_silence(changing), 422),
        ("cut.wav", (SPEECH / "05_bus_caller.wav").read_bytes()[:200], 422),
        ("huge.wav", io.BytesIO(bytes(51 << 20)), 413),
    ):
        assert await boss.status("POST", key, data=form(name, content)) == status, name
    assert await boss.status("POST", key, json={"file": "x"}) == 415
    assert await boss.status("POST", key, data=b"x", headers=BROKEN_FORM) == 422
    assert await boss.status("POST", "/api/prompts/zh/nothing", data=form("a.wav", b"x")) == 404
    assert await boss.status("POST", "/api/prompts/zh/..%2f..%2fx", data=form("a", b"x")) == 404
    assert await boss.download(f"{key}/audio") == before
    async with changing.api("agent8001") as api:
        assert await api.status("POST", key, data=form("a.wav", b"x")) == 403
        assert await api.status("GET", f"{key}/audio") == 403
    assert await changing.is_healthy()


BROKEN_FORM = {"Content-Type": "multipart/form-data; boundary=none"}


def _hours_of_silence(hotline: Hotline) -> bytes:
    file = hotline.data_dir / "bomb.flac"
    soundfile.write(file, np.zeros(3 * 3600 * 8000, np.int16), 8000)
    return file.read_bytes()
