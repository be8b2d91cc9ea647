"""Numbers with somebody behind them: an office, a centre of its own; and keys before the answer."""

from __future__ import annotations

import signal
import socket
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
import pytest_asyncio

from config.settings import load_settings
from telephony.testphone import AgentBehaviour, PhoneAgent, TestPhone
from telephony.testphone.configuration import free_port
from tests.live.harness.api import Api
from tests.live.harness.hotline import SPEECH, Hotline, until
from tests.live.harness.records import closed, reached
from tests.live.harness.sipp import run_sipp
from tests.live.harness.talk import HEARD, fresh, heard, say
from tests.live.harness.trunk import Trunk

NAME = '{ zh = "旧号码", en = "An old number" }'
TEXT = '{ zh = "您好，按任意键转人工。", en = "Press a key for a person." }'
OFFICE, CENTRE = "09310000002", "09310000003"
ANNOUNCEMENT = SPEECH / "05_bus_caller.wav"
TARGET_SAYS = SPEECH / "03_noise_agent.wav"
CALLER_SAYS = SPEECH / "02_noise_caller.wav"


LINES = f"""
[lines.09311000001]
mode = "office"
name = {NAME}
announcement = {TEXT}
languages = ["zh"]
on_key = "person"
rings = "{OFFICE}"

[lines.09311000002]
mode = "office"
name = {NAME}
rings = "{OFFICE}"
unanswered = "release"

[lines.09311000003]
mode = "office"
name = {NAME}
rings = "{OFFICE}"
ring_times = {{ working_days = ["00:00-24:00"], weekends = ["00:00-24:00"] }}

[lines.09311000004]
mode = "office"
name = {NAME}
rings = "{OFFICE}"
ring_times = {{ holidays = ["00:00-24:00"] }}

[lines.12366]
mode = "sub_centre"
name = {NAME}
transfer_to = "{CENTRE}"

[lines.12336]
mode = "merged"
name = {NAME}
announcement = {TEXT}
repeats = 5
then = "hangup"
on_key = "person"

[lines.12338]
mode = "merged"
name = {NAME}
announcement = {TEXT}
languages = ["zh"]
repeats = 1
then = "hangup"
"""


def _make_today_a_holiday(hotline: Hotline) -> None:
    today = datetime.now(hotline.settings.city.zone).date()
    days = "".join(
        f'{day} = {{ kind = "holiday", name = "市庆" }}\n'
        for day in (today, today + timedelta(days=1))
    )
    calendar = hotline.data_dir / "calendar.toml"
    calendar.write_text(f"version = 1\n[days]\n{days}", encoding="utf-8")
    file = hotline.config_file
    file.write_text(f'calendar = "{calendar}"\n{file.read_text("utf-8")}', encoding="utf-8")
    hotline.settings = load_settings(file)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house() -> AsyncIterator[Hotline]:
    telephones, first = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_DGRAM)
    hotline = Hotline.make(
        outbound={
            "trunks": [f"127.0.0.1:{first}", f"127.0.0.1:{telephones}"],
            "ring_seconds": 8,
        }
    )
    hotline.add_lines(LINES)
    _make_today_a_holiday(hotline)
    for number in ("09311000001", "12336", "12338"):
        for lang in ("zh", "en"):
            file = hotline.settings.prompts_dir / "studio" / lang / f"announcement-{number}.wav"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(ANNOUNCEMENT.read_bytes())
    async with hotline:
        yield hotline


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def world(house: Hotline) -> AsyncIterator[TestPhone]:
    async with (
        TestPhone(house.installation, house.sip, sip_port=house.trunks[1]) as phone,
        Trunk(*house.trunks) as trunk,
    ):
        phone.__dict__["trunk"] = trunk
        yield phone


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def behind(world: TestPhone) -> dict[str, PhoneAgent]:
    return {number: world.add_number(number) for number in (OFFICE, CENTRE)}


@pytest_asyncio.fixture(loop_scope="session")
async def targets(
    house: Hotline, behind: dict[str, PhoneAgent]
) -> AsyncIterator[dict[str, PhoneAgent]]:
    for telephone in behind.values():
        fresh(telephone, answer_after_s=0.5)
    yield behind
    await until(house.idle, "Asterisk without channels", 15)


@pytest_asyncio.fixture(loop_scope="session")
async def boss(house: Hotline) -> AsyncIterator[Api]:
    async with house.api("admin") as api:
        yield api


async def test_given_an_office_when_it_answers_then_announced_before_and_both_hear_each_other(
    world: TestPhone, targets: dict[str, PhoneAgent], boss: Api, house: Hotline
) -> None:
    call = await world.dial("09311000001", caller="13900000601")
    office = await targets[OFFICE].next_call()
    assert not any(event.kind == "answered" for event in call.events)
    await call.wait_answered()
    kinds = [event.kind for event in call.events]
    assert kinds.index("early media") < kinds.index("hears") < kinds.index("answered")
    # nobody listens in, nothing is written down of it; the trunk was watched for a moment
    there = [name for name in await house.channels() if "@trunk-silent" not in name]
    assert not [name for name in there if name.startswith("Local/")]
    assert len(there) == 2
    # one stream to the caller from the announcement to the end: nobody's packets pass as they are
    assert "simple_bridge" in await house.asterisk.command("bridge show all")
    await say((call, CALLER_SAYS), (office, TARGET_SAYS))
    await call.hangup()
    await call.wait_ended()
    await office.wait_ended()
    assert heard(office, CALLER_SAYS) > HEARD
    assert heard(call, ANNOUNCEMENT) > HEARD
    assert heard(call, TARGET_SAYS) > HEARD
    record = await closed(boss, "13900000601")
    assert (record["line"], record["disposition"]) == ("09311000001", "handed_on")
    assert [step["prompt"] for step in record["path"]] == [
        *("announcement", "handing_on", "handed_on"),
    ]
    assert record["agent"] == ""
    assert record["has_recording"] is False


FAILURES = {
    "busy": AgentBehaviour(answer_after_s=0.3, refuse="busy"),
    "refused": AgentBehaviour(answer_after_s=0.3, refuse="decline"),
    "no_answer": AgentBehaviour(answer_after_s=None),
}


@pytest.mark.parametrize("reason", FAILURES)
async def test_given_a_centre_that_does_not_take_the_call_then_people_answer_on_its_line(
    world: TestPhone, targets: dict[str, PhoneAgent], boss: Api, reason: str
) -> None:
    ours = f"1390000062{len(reason)}"
    targets[CENTRE].behaviour = FAILURES[reason]
    call = await world.dial("12366", caller=ours)
    await targets[CENTRE].next_call()
    await reached(boss, ours, "ivr", prompt="greeting")
    await call.hangup()
    await call.wait_ended()
    record = await closed(boss, ours)
    assert record["line"] == "12366"
    assert [step["prompt"] for step in record["path"]][:3] == [
        *("handing_on", "not_handed_on", "greeting"),
    ]


async def test_given_the_first_trunk_dead_when_a_centre_is_called_then_the_second_reaches_it(
    world: TestPhone, targets: dict[str, PhoneAgent], boss: Api
) -> None:
    world.__dict__["trunk"].works = False
    try:
        call = await world.dial("12366", caller="13900000631")
        await targets[CENTRE].next_call()
        await call.wait_answered()
    finally:
        world.__dict__["trunk"].works = True
    await call.hangup()
    await call.wait_ended()
    assert (await closed(boss, "13900000631"))["disposition"] == "handed_on"


@pytest.mark.parametrize(("reason", "cause"), [("busy", 17), ("refused", 21)])
async def test_given_an_office_that_says_release_when_it_does_not_take_it_then_its_cause_and_no_200(
    world: TestPhone, targets: dict[str, PhoneAgent], boss: Api, reason: str, cause: int
) -> None:
    ours = f"1390000064{len(reason)}"
    targets[OFFICE].behaviour = FAILURES[reason]
    call = await world.dial("09311000002", caller=ours)
    await call.wait_ended()
    assert (call.is_answered, call.cause) == (False, cause)
    assert (await closed(boss, ours))["disposition"] == "no_answer"


@pytest.mark.parametrize(("number", "rung"), [("09311000003", False), ("09311000004", True)])
async def test_given_office_hours_when_called_then_it_rings_only_within_them(
    world: TestPhone, targets: dict[str, PhoneAgent], boss: Api, number: str, rung: bool
) -> None:
    ours = f"139000006{number[-2:]}"
    call = await world.dial(number, caller=ours)
    await call.wait_answered()
    if not rung:
        await reached(boss, ours, "ivr", prompt="greeting")
    await call.hangup()
    await call.wait_ended()
    assert bool(targets[OFFICE].calls) is rung
    steps = {step["prompt"]: step["detail"] for step in (await closed(boss, ours))["path"]}
    assert steps.get("not_handed_on") == (None if rung else "CLOSED")


@pytest.mark.parametrize("number", ["09311000001", "12366"])
async def test_given_an_office_or_centre_that_forwards_its_calls_here_then_it_is_not_rung_again(
    world: TestPhone, targets: dict[str, PhoneAgent], boss: Api, number: str
) -> None:
    ours = f"139000007{number[-2:]}"
    header = {"Diversion": f"<sip:{number}@carrier.invalid>;reason=user-busy"}
    call = await world.dial("12345", caller=ours, extra_headers=header)
    await reached(boss, ours, "ivr", prompt="greeting")
    await call.hangup()
    await call.wait_ended()
    assert not [one for telephone in targets.values() for one in telephone.calls]
    assert (await closed(boss, ours))["line"] == number


async def test_given_a_caller_who_hangs_up_while_the_office_rings_then_it_rings_no_longer(
    world: TestPhone, targets: dict[str, PhoneAgent], boss: Api
) -> None:
    targets[OFFICE].behaviour = AgentBehaviour(answer_after_s=None)
    call = await world.dial("09311000002", caller="13900000651")
    office = await targets[OFFICE].next_call()
    await call.hangup()
    await call.wait_ended()
    await office.wait_ended()
    assert (await closed(boss, "13900000651"))["disposition"] == "abandoned_ringing"


async def test_given_a_key_by_rfc4733_during_the_announcement_then_a_person_at_once(
    world: TestPhone, targets: dict[str, PhoneAgent], boss: Api
) -> None:
    call = await world.dial("12336", caller="13900000661")
    await call.wait_for("hears")
    await call.press("0")
    await reached(boss, "13900000661", "ivr", prompt="greeting")
    assert call.is_answered
    await call.hangup()
    await call.wait_ended()
    record = await closed(boss, "13900000661")
    assert (record["line"], record["disposition"]) == ("12336", "abandoned_in_ivr")
    # five times two languages were not waited for, and nothing was said twice
    assert [step["prompt"] for step in record["path"] if step["step"] == "ivr"][:2] == [
        *("announcement", "greeting"),
    ]


async def test_given_a_key_by_info_during_the_announcement_then_answered_after_183(
    house: Hotline, boss: Api
) -> None:
    run = await run_sipp(
        *(house.installation, "key_before_the_answer", house.sip, "12336"),
        caller="13900000662",
        hold_ms=500,
        keys={"digit": "5"},
    )
    assert run.exit_code == 0, run.errors + run.messages
    assert run.received("SIP/2.0 183") == 1
    assert (await closed(boss, "13900000662"))["hung_up_by"] == "caller"


async def test_given_a_key_where_none_is_heard_then_the_announcement_goes_on_to_its_release(
    world: TestPhone, boss: Api
) -> None:
    call = await world.dial("12338", caller="13900000663")
    await call.wait_for("hears")
    await call.press("0")
    await call.wait_ended()
    assert (call.is_answered, call.sip_status, call.cause) == (False, 404, 1)
    assert (await closed(boss, "13900000663"))["disposition"] == "announced"


async def test_given_an_announcement_when_the_plan_is_read_anew_then_the_office_it_began_with_rings(
    house: Hotline, world: TestPhone, targets: dict[str, PhoneAgent], boss: Api
) -> None:
    plan = house.data_dir / "numberplan.toml"
    before = plan.read_text(encoding="utf-8")
    call = await world.dial("09311000001", caller="13900000664")
    await call.wait_for("hears")
    plan.write_text(before.replace(OFFICE, CENTRE), encoding="utf-8")
    try:
        await boss.post("/api/configuration/reload")
        assert not targets[OFFICE].calls
        await (await targets[OFFICE].next_call()).wait_answered()
        assert not targets[CENTRE].calls
        await call.hangup()
        await call.wait_ended()
        new = await world.dial("09311000002", caller="13900000665")
        await targets[CENTRE].next_call()
        await new.hangup()
        await new.wait_ended()
    finally:
        plan.write_text(before, encoding="utf-8")
        await boss.post("/api/configuration/reload")
    assert (await closed(boss, "13900000664"))["disposition"] == "handed_on"


async def test_given_the_service_down_when_office_centre_and_key_are_used_then_all_works(
    house: Hotline, world: TestPhone, targets: dict[str, PhoneAgent]
) -> None:
    house.kill_service(signal.SIGKILL)
    call = await world.dial("12366", caller="13900000671")
    await targets[CENTRE].next_call()
    await call.wait_answered()
    await call.hangup()
    await call.wait_ended()
    targets[OFFICE].behaviour = AgentBehaviour(answer_after_s=0.1, refuse="busy")
    for caller, number in (("13900000672", "09311000001"), ("13900000673", "12336")):
        call = await world.dial(number, caller=caller)
        await call.wait_for("hears")
        if number == "12336":
            await call.press("0")
        await call.wait_answered()
        await call.hangup()
        await call.wait_ended()
    await house.start_service()
    async with house.api("admin") as admin:
        record = await closed(admin, "13900000671")
        assert (record["recovered"], record["disposition"]) == (True, "handed_on")
