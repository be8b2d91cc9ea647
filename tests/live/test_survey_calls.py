"""Ringing citizens after their call to ask how it was: every way in which that can go."""

from __future__ import annotations

import asyncio
import signal
import socket
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import update

from agent_gateway.store import SurveyCall
from telephony.ami import AmiLink
from telephony.calls.outward import SURVEY_PREFIX, is_outward, new_call_id
from telephony.outbound import PlacingError, SurveyDialler
from telephony.testphone import AgentBehaviour, PhoneAgent, PhoneCall, TestPhone
from telephony.testphone.configuration import free_port
from tests.live.harness.api import Api, Message
from tests.live.harness.audio import likeness, samples
from tests.live.harness.hotline import DEPARTMENT_NUMBER, SPEECH, Hotline, until
from tests.live.harness.records import reached, waiting
from tests.live.harness.talk import AGENT_SAYS, DEPARTMENT, TARGET_SAYS, fresh, heard, say, sealed
from tests.live.harness.trunk import Trunk

LINE, FIRE_LINE = "12328", "119"
STRAIGHT_ON = [(0.3, "0")]
HEARD, NOT_HEARD = 0.6, 0.4
ALL_DAY = ["00:00-24:00"]
NUMBERS = count(13900000601)
SAYS = SPEECH / "02_noise_caller.wav"
ANSWERS = AgentBehaviour(answer_after_s=0.3)


@dataclass
class City:
    """A hotline that rings every citizen of one line, its telephones and its people."""

    hotline: Hotline
    phone: TestPhone
    trunk: Trunk
    telephone: PhoneAgent
    desk: Api
    admin: Api

    async def talk(self, citizen: PhoneAgent, number: str, line: str = LINE) -> str:
        """The citizen calls, an agent answers, the citizen hangs up; the call's id."""
        await self.desk.state("ready")
        call = await self.phone.dial(line, caller=number, keys=STRAIGHT_ON)
        agent = await self.telephone.next_call()
        await agent.wait_answered()
        answered = await self.desk.heard(
            "call.answered",
            lambda m: m["call_id"] not in self._talked and not is_outward(m["call_id"]),
        )
        call_id = str(answered["call_id"])
        self._talked.add(call_id)
        await call.hangup()
        await call.wait_ended()
        await agent.wait_ended()
        return call_id

    def __post_init__(self) -> None:
        self._talked: set[str] = set()

    async def entry(self, about: str, *, over: bool = True) -> Message:
        """The survey call of an earlier call, once its latest attempt is over."""

        async def there() -> Message | None:
            page = await self.admin.get("/api/surveys/calls?limit=200")
            found: Message | None = next((x for x in page["calls"] if x["about"] == about), None)
            return found if found and (found["result"] or not over) else None

        found = await until(there, f"result of the survey call about {about}", 60)
        assert found is not None
        return found

    async def record(self, call_id: str) -> Message:
        """The record of a call that is over, with its recording."""

        async def complete() -> Message | None:
            if await self.admin.status("GET", f"/api/calls/{call_id}") != 200:
                return None
            found: Message = await self.admin.get(f"/api/calls/{call_id}")
            return found if found["ended_at"] else None

        found = await until(complete, f"record of {call_id}", 90)
        assert found is not None
        return found

    async def asks(self, number: str, question: str) -> None:
        """Return once the citizen is being asked this."""
        await reached(self.admin, number, "ivr", prompt="survey", detail=question)

    async def on_to_a_person(
        self, citizen: PhoneAgent, number: str
    ) -> tuple[str, str, PhoneCall, PhoneCall]:
        """A survey call from which the citizen goes on to the agent.

        Returns the earlier call's id, the survey call's, and its ends at citizen and agent.
        """
        about = await self.talk(citizen, number)
        rung = await citizen.next_call(40)
        await rung.wait_answered()
        await self.asks(number, "score")
        await rung.press("0")
        await self.desk.state("ready")
        agent = await self.telephone.next_call()
        await agent.wait_answered()
        call_id = str((await self.entry(about, over=False))["call_id"])
        await self.desk.heard("call.answered", lambda m: m["call_id"] == call_id)
        return about, call_id, rung, agent

    async def bring_forward(self, about: str) -> None:
        """The next attempt is due now."""
        async with self.hotline.store._engine.write() as session:
            due = datetime.now(UTC)
            await session.execute(
                update(SurveyCall).where(SurveyCall.about == about).values(next_at=due)
            )

    def heard(self, call: PhoneCall, prompt: str) -> float:
        said = samples(self.hotline.settings.prompts_dir / "zh" / f"{prompt}.wav")[:, 0]
        return likeness(samples(call.heard)[:, 0], said)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def city() -> AsyncIterator[City]:
    telephones, first = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_DGRAM)
    hotline = Hotline.make(
        callback={"automatic": False},
        outbound={
            "trunks": [f"127.0.0.1:{first}", f"127.0.0.1:{telephones}"],
            "ring_seconds": 8,
        },
        survey_calls={
            "lines": [f"{LINE}=100"],
            "minutes_after": 0,
            "at_once": 1,
            "working_days": ALL_DAY,
            "weekends": ALL_DAY,
            "holidays": ALL_DAY,
        },
    )
    async with (
        hotline,
        TestPhone(hotline.installation, hotline.sip, sip_port=telephones) as phone,
        Trunk(*hotline.trunks) as trunk,
        hotline.api("agent8001") as desk,
        hotline.api("admin") as admin,
    ):
        await desk.watch()
        account = hotline.accounts["agent8001"]
        telephone = await phone.add_agent(account.sip_user, account.sip_password)
        yield City(hotline, phone, trunk, telephone, desk, admin)


@pytest.fixture
def number() -> str:
    return str(next(NUMBERS))


@pytest_asyncio.fixture(loop_scope="session")
async def citizen(city: City, number: str) -> AsyncIterator[PhoneAgent]:
    """A citizen's telephone; afterwards nothing of a call may be left anywhere."""
    await city.hotline.asterisk.command("channel request hangup all")
    await until(city.hotline.idle, "Asterisk without channels", 15)
    fresh(city.telephone, answer_after_s=0.2)
    city.trunk.works = True
    city.trunk.invites.clear()
    yield city.phone.add_number(number, ANSWERS)
    await until(city.hotline.idle, "Asterisk without channels", 15)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def _department(city: City) -> PhoneAgent:
    return city.phone.add_number(DEPARTMENT_NUMBER)


@pytest.fixture
def department(_department: PhoneAgent) -> PhoneAgent:
    """A department's telephone, which answers soon."""
    fresh(_department, answer_after_s=0.3)
    return _department


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def _fire_line(city: City) -> PhoneAgent:
    return city.phone.add_number(FIRE_LINE)


@pytest.fixture
def fire_line(_fire_line: PhoneAgent) -> PhoneAgent:
    """The fire brigade's telephone, which answers soon."""
    fresh(_fire_line, answer_after_s=0.3)
    return _fire_line


async def test_given_a_call_that_is_over_when_the_citizen_rates_it_then_it_is_the_earlier_calls(
    city: City, citizen: PhoneAgent, number: str, tmp_path: Path
) -> None:
    about = await city.talk(citizen, number)
    rung = await citizen.next_call(40)
    assert rung.caller == "12345"
    await rung.wait_answered()
    await city.asks(number, "score")
    await rung.press("2")
    await city.asks(number, "solved")
    await rung.press("1")
    await rung.wait_ended(30)
    for prompt in ("survey-call-intro", "survey-thanks"):
        assert city.heard(rung, prompt) > HEARD

    entry = await city.entry(about)
    assert (entry["result"], entry["attempts"], entry["next_at"]) == ("rated", 1, None)
    page = await city.admin.get("/api/surveys?way=call_back")
    answer = next(one for one in page["answers"] if one["call_id"] == about)
    assert (answer["score"], answer["solved"]) == (2, True)
    assert (answer["line"], answer["agent"]) == (LINE, "8001")
    assert answer["answered_in"] == entry["call_id"]
    assert answer["ticket"] == (await city.record(about))["ticket_number"] != ""
    figures = next(one for one in page["called_back"] if one["line"] == LINE)
    assert figures["closed"] >= figures["called_back"] >= figures["rated"] >= 1
    assert figures["rate"] == pytest.approx(figures["called_back"] / figures["closed"], abs=1e-4)

    record = await city.record(entry["call_id"])
    assert (record["direction"], record["kind"]) == ("outbound", "survey")
    assert (record["caller"], record["line"], record["agent"]) == (number, LINE, "")
    assert record["disposition"] == "completed_in_ivr"
    told = {"step": "ivr", "prompt": "survey_call", "detail": about}
    assert any(told.items() <= step.items() for step in record["path"])
    assert record["ticket_number"] is None

    async def sealed() -> bytes:
        status, body = await city.admin.download(f"/api/recordings/{entry['call_id']}")
        return body if status == 200 else b""

    file = tmp_path / "recording.flac"
    file.write_bytes(await until(sealed, "sealed recording"))
    intro = samples(city.hotline.settings.prompts_dir / "zh" / "survey-call-intro.wav")[:, 0]
    assert likeness(samples(file)[:, 1], intro) > HEARD


FAILURES = {
    "busy": AgentBehaviour(answer_after_s=0.3, refuse="busy"),
    "no_answer": AgentBehaviour(answer_after_s=None),
    "refused": AgentBehaviour(answer_after_s=0.3, refuse="decline"),
    "unknown_number": AgentBehaviour(answer_after_s=0.3, refuse="vacant"),
}


@pytest.mark.parametrize("outcome", FAILURES)
async def test_given_a_citizen_who_does_not_answer_then_the_result_says_why_and_what_follows(
    city: City, citizen: PhoneAgent, number: str, outcome: str
) -> None:
    citizen.behaviour = FAILURES[outcome]
    about = await city.talk(citizen, number)
    await (await citizen.next_call(40)).wait_ended(30)
    entry = await city.entry(about)
    assert (entry["result"], entry["attempts"]) == (outcome, 1)
    record = await city.record(entry["call_id"])
    assert (record["kind"], record["disposition"]) == ("survey", "not_reached")
    assert record["caller"] == number
    if outcome in ("refused", "unknown_number"):
        assert entry["next_at"] is None
        return
    again = datetime.fromisoformat(entry["next_at"]) - datetime.fromisoformat(entry["ended_at"])
    assert again == timedelta(minutes=120)
    # the second and last attempt
    await city.bring_forward(about)
    await (await citizen.next_call(40)).wait_ended(30)

    async def second() -> Message | None:
        found = await city.entry(about)
        return found if found["attempts"] == 2 else None

    last = await until(second, "second result")
    assert last is not None
    assert (last["result"], last["next_at"]) == (outcome, None)


async def test_given_a_dead_first_trunk_then_the_second_rings_at_once_and_it_is_one_attempt(
    city: City, citizen: PhoneAgent, number: str
) -> None:
    city.trunk.works = False
    about = await city.talk(citizen, number)
    rung = await citizen.next_call(60)
    await rung.wait_answered()
    await rung.hangup()
    entry = await city.entry(about)
    assert (entry["result"], entry["attempts"]) == ("hung_up", 1)


@pytest.mark.parametrize("after", ["score", "solved"])
async def test_given_a_citizen_who_hangs_up_then_what_was_said_counts_and_nobody_rings_again(
    city: City, citizen: PhoneAgent, number: str, after: str
) -> None:
    about = await city.talk(citizen, number)
    rung = await citizen.next_call(40)
    await rung.wait_answered()
    await city.asks(number, "score")
    if after == "solved":
        await rung.press("4")
        await city.asks(number, "solved")
    await rung.hangup()
    await rung.wait_ended()
    entry = await city.entry(about)
    expected = {"score": "hung_up", "solved": "rated_in_part"}[after]
    assert (entry["result"], entry["next_at"]) == (expected, None)
    answers = (await city.admin.get("/api/surveys?way=call_back"))["answers"]
    rated = [(one["score"], one["solved"]) for one in answers if one["call_id"] == about]
    assert rated == ([(4, None)] if after == "solved" else [])


@pytest.mark.parametrize("speaks", [False, True])
async def test_given_silence_or_a_machine_that_speaks_then_good_bye_after_one_question(
    city: City, citizen: PhoneAgent, number: str, speaks: bool
) -> None:
    if speaks:
        citizen.behaviour = AgentBehaviour(answer_after_s=0.3, speak=[(0.2, SAYS)])
    about = await city.talk(citizen, number)
    rung = await citizen.next_call(40)
    await rung.wait_ended(60)
    entry = await city.entry(about)
    assert (entry["result"], entry["next_at"]) == ("no_key", None)
    assert city.heard(rung, "survey-call-score") > HEARD
    assert city.heard(rung, "survey-call-goodbye") > HEARD


async def test_given_0_then_the_citizen_comes_before_who_waits_and_the_agent_sees_what_about(
    city: City, citizen: PhoneAgent, number: str
) -> None:
    about = await city.talk(citizen, number)
    await city.desk.state("break", "小休")
    waits = await city.phone.dial("12345", caller=str(next(NUMBERS)), keys=STRAIGHT_ON)
    rung = await citizen.next_call(40)
    await rung.wait_answered()
    await city.asks(number, "score")
    await rung.press("0")
    await waiting(city.hotline, 2)
    await city.desk.state("ready")
    agent = await city.telephone.next_call()
    pop = await city.desk.heard("call.offered", lambda m: m["call"]["kind"] == "survey")
    assert (pop["call"]["caller"], pop["call"]["line"]) == (number, LINE)
    assert any(step.get("detail") == about for step in pop["call"]["path"])
    await agent.wait_answered()
    await rung.speak(SAYS)
    await agent.hangup()
    # nobody is asked about this talk again
    await rung.wait_ended(10)
    assert likeness(samples(agent.heard)[:, 0], samples(SAYS)[:, 0]) > HEARD
    assert city.heard(rung, "survey-score") < NOT_HEARD
    await city.desk.state("break", "小休")
    await waits.hangup()
    await waits.wait_ended()
    entry = await city.entry(about)
    assert (entry["result"], entry["next_at"]) == ("person", None)
    record = await city.record(entry["call_id"])
    assert (record["disposition"], record["agent"]) == ("answered", "8001")
    assert record["hung_up_by"] == "agent"


@pytest.mark.parametrize("kind", ["blind", "consult", "three_way"])
async def test_given_0_when_the_agent_hands_the_citizen_on_then_the_department_talks_with_them(
    city: City, citizen: PhoneAgent, department: PhoneAgent, number: str, tmp_path: Path, kind: str
) -> None:
    about, call_id, rung, agent = await city.on_to_a_person(citizen, number)
    await city.desk.post(f"/api/calls/{call_id}/transfer", kind=kind, target=DEPARTMENT)
    target = await department.next_call()
    await target.wait_answered()
    if kind != "blind":
        reached = {"consult": "consulting", "three_way": "three_way"}[kind]
        await city.desk.heard("transfer.changed", lambda m: m["state"] == reached)
        await agent.speak(AGENT_SAYS)
        await city.desk.post(f"/api/calls/{call_id}/complete")
    await city.desk.heard("transfer.changed", lambda m: m["state"] == "handed_over")
    await agent.wait_ended()
    await rung.speak(SAYS)
    await target.speak(TARGET_SAYS)
    await rung.hangup()
    for call in (rung, target):
        await call.wait_ended()
    assert likeness(samples(target.heard)[:, 0], samples(SAYS)[:, 0]) > HEARD
    assert likeness(samples(rung.heard)[:, 0], samples(TARGET_SAYS)[:, 0]) > HEARD
    record = await city.record(call_id)
    assert (record["kind"], record["agent"]) == ("survey", "8001")
    assert (record["disposition"], record["hung_up_by"]) == ("answered", "caller")
    transfers = [one for one in record["path"] if one["step"] == "transferred"]
    steps = [(one["kind"], one["outcome"]) for one in transfers]
    assert steps == [(kind, "started"), (kind, "completed")]
    recording = samples(await sealed(city.admin, call_id, tmp_path))
    assert likeness(recording[:, 0], samples(SAYS)[:, 0]) > HEARD
    assert likeness(recording[:, 1], samples(TARGET_SAYS)[:, 0]) > HEARD
    assert (await city.entry(about))["result"] == "person"


async def test_given_0_when_the_citizen_tells_of_a_fire_then_the_agent_brings_in_the_fire_line(
    city: City, citizen: PhoneAgent, fire_line: PhoneAgent, number: str, tmp_path: Path
) -> None:
    about, call_id, rung, agent = await city.on_to_a_person(citizen, number)
    await rung.speak(SPEECH / "10_fire_caller.wav")
    alarm = await city.desk.heard("call.alarm", lambda m: m["call_id"] == call_id, 30)
    assert alarm["line"] == FIRE_LINE
    await city.desk.post(f"/api/calls/{call_id}/emergency", line=FIRE_LINE, location="东岗路7号")
    third = await fire_line.next_call()
    await city.desk.heard("transfer.changed", lambda m: m["state"] == "three_way")
    assert third.caller == number
    await say((rung, SAYS), (third, TARGET_SAYS), (agent, AGENT_SAYS))
    # citizen and fire line go on without the agent
    await agent.hangup()
    await agent.wait_ended()
    await city.desk.heard("transfer.changed", lambda m: m["state"] == "handed_over")
    assert not rung.is_ended
    await rung.hangup()
    for call in (rung, third):
        await call.wait_ended()
    for listener, wavs in (
        (third, (SAYS, AGENT_SAYS)),
        (rung, (TARGET_SAYS, AGENT_SAYS)),
        (agent, (SAYS, TARGET_SAYS)),
    ):
        for wav in wavs:
            assert heard(listener, wav) > HEARD, (listener.number, wav.name)
    record = await city.record(call_id)
    assert (record["kind"], record["disposition"]) == ("survey", "answered")
    assert [one["line"] for one in record["path"] if one["step"] == "alarm"] == [FIRE_LINE]
    recording = samples(await sealed(city.admin, call_id, tmp_path))
    assert likeness(recording[:, 1], samples(TARGET_SAYS)[:, 0]) > HEARD
    assert (await city.entry(about))["result"] == "person"


async def test_given_0_when_nobody_is_there_and_the_citizen_gives_up_then_a_missed_call(
    city: City, citizen: PhoneAgent, number: str
) -> None:
    about = await city.talk(citizen, number)
    await city.desk.state("break", "小休")
    rung = await citizen.next_call(40)
    await rung.wait_answered()
    await city.asks(number, "score")
    await rung.press("0")
    await waiting(city.hotline, 1)
    await rung.hangup()
    await rung.wait_ended()
    assert (await city.entry(about))["result"] == "person"

    async def missed() -> Message | None:
        page = await city.admin.get("/api/missed-calls?limit=200")
        return next((one for one in page["missed_calls"] if one["caller"] == number), None)

    assert await until(missed, "missed call of the citizen")


async def test_given_9_then_the_citizen_is_never_rung_again(
    city: City, citizen: PhoneAgent, number: str
) -> None:
    about = await city.talk(citizen, number)
    rung = await citizen.next_call(40)
    await rung.wait_answered()
    await city.asks(number, "score")
    await rung.press("9")
    await rung.wait_ended(20)
    assert (await city.entry(about))["result"] == "no_more"
    assert city.heard(rung, "survey-call-no-more") > HEARD
    listed = (await city.admin.get("/api/callers/no-survey"))["callers"]
    assert [one["created_by"] for one in listed if one["number"] == number] == ["survey"]
    later = await city.talk(citizen, number)
    assert (await city.entry(later))["result"] == "not_wanted"
    assert len(citizen.calls) == 1


async def test_given_a_citizen_who_calls_while_being_rung_then_it_stops_ringing(
    city: City, citizen: PhoneAgent, number: str
) -> None:
    citizen.behaviour = FAILURES["no_answer"]
    about = await city.talk(citizen, number)
    rung = await citizen.next_call(40)
    await city.desk.state("break", "小休")
    call = await city.phone.dial("12345", caller=number, keys=STRAIGHT_ON)
    await rung.wait_ended(4)
    await call.hangup()
    await call.wait_ended()
    entry = await city.entry(about)
    assert (entry["result"], entry["attempts"]) == ("no_answer", 1)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
@pytest.mark.parametrize("during", ["ringing", "score", "solved"])
async def test_given_no_service_in_the_middle_then_the_citizen_is_told_and_not_rung_again(
    city: City, citizen: PhoneAgent, number: str, during: str, how: signal.Signals
) -> None:
    if during == "ringing":
        citizen.behaviour = FAILURES["no_answer"]
    about = await city.talk(citizen, number)
    rung = await citizen.next_call(40)
    if during != "ringing":
        await rung.wait_answered()
        await city.asks(number, "score")
    if during == "solved":
        await rung.press("5")
        await city.asks(number, "solved")
    city.hotline.kill_service(how)
    try:
        if during == "ringing":
            await rung.answer()
        await rung.wait_ended(60)
    finally:
        if how is signal.SIGKILL:
            await city.hotline.start_service()
        else:
            city.hotline.kill_service(signal.SIGCONT)
    said = "survey-call-unavailable" if during == "ringing" else "survey-call-goodbye"
    assert city.heard(rung, said) > HEARD
    if how is signal.SIGKILL:
        # the browser comes back to the new service
        await city.desk.watch()
    entry = await until(lambda: _over(city, about), "result after the restart", 120)
    assert entry is not None
    expected = "rated" if during == "solved" else "interrupted"
    assert (entry["result"], entry["next_at"], entry["attempts"]) == (expected, None, 1)
    assert (await city.record(entry["call_id"]))["kind"] == "survey"
    assert len(citizen.calls) == 1


async def _over(city: City, about: str) -> Message | None:
    page = await city.admin.get("/api/surveys/calls?limit=200")
    return next((x for x in page["calls"] if x["about"] == about and x["result"]), None)


async def test_given_a_database_that_is_away_when_the_citizen_answers_then_the_answer_is_kept(
    city: City, citizen: PhoneAgent, number: str
) -> None:
    about = await city.talk(citizen, number)
    rung = await citizen.next_call(40)
    await rung.wait_answered()
    await city.asks(number, "score")
    connection = sqlite3.connect(
        city.hotline.settings.data_dir / "hotline.db", isolation_level=None
    )
    try:
        connection.execute("BEGIN IMMEDIATE")
        await rung.press("3")
        await rung.wait_ended(60)
    finally:
        connection.execute("ROLLBACK")
        connection.close()
    entry = await city.entry(about)
    assert (entry["result"], entry["next_at"]) == ("rated", None)
    answers = (await city.admin.get("/api/surveys?way=call_back"))["answers"]
    assert [one["score"] for one in answers if one["call_id"] == about] == [3]


@pytest.mark.parametrize("dialled", ["110", "0014155550100", "4008000000", "95599", "16812345"])
async def test_given_a_number_that_is_no_citizens_when_it_is_ordered_then_asterisk_rings_nobody(
    city: City, citizen: PhoneAgent, number: str, dialled: str
) -> None:
    settings, ready = city.hotline.settings, asyncio.Event()

    async def ignore(*_: object) -> None:
        ready.set()

    asterisk = settings.asterisk
    link = AmiLink(
        asterisk.ami_host,
        asterisk.ami_port,
        asterisk.ami_user,
        city.hotline.secrets.ami_password,
        on_message=ignore,
        on_snapshot=ignore,
        on_up=ignore,
        on_down=ignore,
    )
    variables = {"HL_LINE": LINE, "HL_QUEUE": "hotline", "HL_ABOUT": "x"}
    await link.start()
    try:
        await asyncio.wait_for(ready.wait(), 10)
        dialler = SurveyDialler(link, settings.outbound)
        with pytest.raises(PlacingError):
            await dialler.ring(new_call_id(datetime.now(UTC), SURVEY_PREFIX), dialled, 1, variables)
        assert not city.trunk.invites
        # the same way does ring a citizen
        citizen.behaviour = FAILURES["busy"]
        with pytest.raises(PlacingError):
            await dialler.ring(new_call_id(datetime.now(UTC), SURVEY_PREFIX), number, 1, variables)
        assert city.trunk.invites
    finally:
        await link.stop()
