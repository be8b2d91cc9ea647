"""Calling citizens: the agent's telephone first, then the citizen's, by two trunks."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio

from telephony.testphone import AgentBehaviour, PhoneAgent, PhoneCall, TestPhone
from tests.live.harness.api import Api, Message
from tests.live.harness.audio import likeness, placed, samples
from tests.live.harness.hotline import SPEECH, Hotline, until
from tests.live.harness.listening import longest_silence
from tests.live.harness.records import agent_state, waiting
from tests.live.harness.trunk import Trunk

CITIZEN = "13900000301"
CITIZEN_SAYS = SPEECH / "02_noise_caller.wav"
AGENT_SAYS = SPEECH / "01_noise_agent.wav"
HEARD, NOT_HEARD = 0.6, 0.4
STRAIGHT_ON = [(0.3, "0")]
STRANGERS = count(13900000390)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def _citizen(phone: TestPhone, first_trunk: Trunk) -> PhoneAgent:
    return phone.add_number(CITIZEN)


@pytest_asyncio.fixture(loop_scope="session")
async def citizen(
    hotline: Hotline,
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    admin: Api,
    _citizen: PhoneAgent,
    first_trunk: Trunk,
) -> AsyncIterator[PhoneAgent]:
    """A citizen who has called in vain, so that the number is known and waits in the list."""
    first_trunk.works = True
    _citizen.behaviour = AgentBehaviour(answer_after_s=0.3)
    _citizen.calls.clear()
    while not _citizen._ringing.empty():
        _citizen._ringing.get_nowait()
    call = await phone.dial("12328", caller=CITIZEN, keys=STRAIGHT_ON)
    await waiting(hotline, 1)
    await call.hangup()
    await call.wait_ended()
    await until(lambda: _missed(admin, "open"), "missed call")
    telephones["8001"].behaviour = AgentBehaviour(answer_after_s=0.3)
    yield _citizen
    first_trunk.works = True


async def _missed(api: Api, state: str) -> Message | None:
    page = await api.get(f"/api/missed-calls?state={state}&limit=200")
    found: list[Message] = [one for one in page["missed_calls"] if one["caller"] == CITIZEN]
    return found[0] if found else None


async def _press(desk: Api) -> str:
    """回电 at the entry in the list; the new call's id."""
    entry = await _missed(desk, "open")
    assert entry is not None
    asked = await desk.post("/api/callbacks", missed_id=entry["id"])
    assert (asked["number"], asked["line"], asked["result"]) == (CITIZEN, "12328", "")
    return str(asked["call_id"])


async def _result(api: Api, call_id: str, deadline_s: float = 30) -> Message:
    async def there() -> Message | None:
        page = await api.get("/api/callbacks?limit=200")
        entry: Message = next(one for one in page["callbacks"] if one["call_id"] == call_id)
        return entry if entry["result"] else None

    entry = await until(there, f"result of {call_id}", deadline_s)
    assert entry is not None
    return entry


async def _record(admin: Api, call_id: str) -> Message:
    async def complete() -> Message | None:
        if await admin.status("GET", f"/api/calls/{call_id}") != 200:
            return None
        record: Message = await admin.get(f"/api/calls/{call_id}")
        return record if record["ended_at"] else None

    record = await until(complete, f"record of {call_id}", 90)
    assert record is not None
    return record


async def _sealed(admin: Api, call_id: str, folder: Path) -> Path:
    async def fetch() -> bytes:
        status, body = await admin.download(f"/api/recordings/{call_id}")
        return body if status == 200 else b""

    file = folder / "recording.flac"
    file.write_bytes(await until(fetch, "sealed recording"))
    return file


async def _connected(admin: Api, call_id: str) -> None:
    """Return once the citizen has heard the notice and is connected with the agent."""

    async def there() -> bool:
        if await admin.status("GET", f"/api/calls/{call_id}") != 200:
            return False
        path = (await admin.get(f"/api/calls/{call_id}"))["path"]
        return any(one["step"] == "citizen" and one["result"] == "answered" for one in path)

    await until(there, f"connection of {call_id}")


def _notice(hotline: Hotline) -> Path:
    return hotline.settings.prompts_dir / "zh" / "callback-notice.wav"


def _hears(call: PhoneCall, wav: Path) -> float:
    return likeness(samples(call.heard)[:, 0], samples(wav)[:, 0])


@pytest.mark.parametrize("by", ["caller", "agent"])
async def test_given_a_missed_call_when_called_back_then_both_talk_and_everything_is_kept(
    hotline: Hotline,
    citizen: PhoneAgent,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    admin: Api,
    tmp_path: Path,
    by: str,
) -> None:
    desk = agents["8001"]
    await desk.state("ready")
    call_id = await _press(desk)
    agent = await telephones["8001"].next_call()
    pop = (await desk.heard("call.offered", lambda m: m["call"]["call_id"] == call_id))["call"]
    assert (pop["direction"], pop["caller"], pop["line"]) == ("outbound", CITIZEN, "12328")
    answering = await citizen.next_call()
    assert answering.caller == "12345"
    await answering.wait_answered()
    await desk.heard("agent.state", lambda m: m["state"] == "talking")
    await _connected(admin, call_id)
    body = {"kind": "blind", "target": "queue:hotline"}
    assert await desk.status("POST", f"/api/calls/{call_id}/transfer", json=body) == 409
    assert await desk.status("POST", f"/api/calls/{call_id}/survey") == 409

    await agent.speak(AGENT_SAYS)
    await answering.speak(CITIZEN_SAYS)
    await desk.heard("transcript.final", lambda m: m["speaker"] == "agent", 40)
    await desk.heard("transcript.final", lambda m: m["speaker"] == "caller", 40)
    await (answering if by == "caller" else agent).hangup()
    for call in (agent, answering):
        await call.wait_ended(10)
    await desk.heard("agent.state", lambda m: m["state"] == "wrap_up")

    record = await _record(admin, call_id)
    assert (record["direction"], record["disposition"]) == ("outbound", "answered")
    assert (record["agent"], record["caller"], record["line"]) == ("8001", CITIZEN, "12328")
    assert record["hung_up_by"] == by
    assert record["talk_seconds"] > 3
    assert (await _result(admin, call_id))["result"] == "reached"
    closed = await until(lambda: _missed(admin, "closed"), "closed missed call")
    assert closed is not None
    assert (closed["result"], closed["closed_by"]) == ("reached", "8001")
    assert closed["seconds_to_callback"] > 0
    assert _hears(agent, CITIZEN_SAYS) > HEARD
    assert _hears(answering, AGENT_SAYS) > HEARD
    recording = samples(await _sealed(admin, call_id, tmp_path))
    voice, office = samples(CITIZEN_SAYS)[:, 0], samples(AGENT_SAYS)[:, 0]
    assert likeness(recording[:, 0], voice) > HEARD > NOT_HEARD > likeness(recording[:, 0], office)
    assert likeness(recording[:, 1], office) > HEARD > NOT_HEARD > likeness(recording[:, 1], voice)
    # the citizen was told first, and nobody was left in silence meanwhile
    notice = _notice(hotline)
    assert likeness(recording[:, 0], samples(notice)[:, 0]) > HEARD
    for call in (agent, answering):
        assert _hears(call, notice) > HEARD
    told_s = placed(samples(answering.heard)[:, 0], samples(notice)[:, 0])
    said_s = placed(samples(answering.heard)[:, 0], samples(AGENT_SAYS)[:, 0])
    assert told_s is not None
    assert said_s is not None
    assert told_s < said_s
    rung_s = next(event.at_s for event in answering.events if event.kind == "answered")
    assert longest_silence(answering, rung_s, rung_s + told_s + 4) < 2
    await agent_state(admin, "8001", "ready")


async def test_given_no_sound_for_the_notice_when_the_citizen_answers_then_both_still_talk(
    hotline: Hotline,
    citizen: PhoneAgent,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    admin: Api,
) -> None:
    notice = _notice(hotline)
    hidden = notice.rename(notice.with_suffix(".hidden"))
    try:
        call_id = await _press(agents["8001"])
        agent = await telephones["8001"].next_call()
        answering = await citizen.next_call()
        await _connected(admin, call_id)
        await agent.speak(AGENT_SAYS)
    finally:
        hidden.rename(notice)
    await answering.hangup()
    await agent.wait_ended(10)
    await answering.wait_ended(10)
    assert _hears(answering, AGENT_SAYS) > HEARD
    assert _hears(answering, notice) < NOT_HEARD
    assert (await _result(admin, call_id))["result"] == "reached"


@pytest.mark.parametrize("by", ["citizen", "agent"])
async def test_given_somebody_who_hangs_up_during_the_notice_then_both_telephones_are_free(
    citizen: PhoneAgent,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    admin: Api,
    by: str,
) -> None:
    call_id = await _press(agents["8001"])
    agent = await telephones["8001"].next_call()
    answering = await citizen.next_call()
    await answering.wait_for("hears")
    await (answering if by == "citizen" else agent).hangup()
    for call in (agent, answering):
        await call.wait_ended(10)
    record = await _record(admin, call_id)
    assert record["hung_up_by"] == {"citizen": "caller", "agent": "agent"}[by]
    assert (await _result(admin, call_id))["result"] == "reached"


FAILURES = {
    "busy": AgentBehaviour(answer_after_s=0.3, refuse="busy"),
    "refused": AgentBehaviour(answer_after_s=0.3, refuse="decline"),
    "no_answer": AgentBehaviour(answer_after_s=None),
    "unknown_number": AgentBehaviour(answer_after_s=0.3, refuse="vacant"),
}


@pytest.mark.parametrize("outcome", FAILURES)
async def test_given_a_citizen_who_does_not_answer_then_the_result_says_why_and_the_entry_stays(
    citizen: PhoneAgent,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    admin: Api,
    outcome: str,
) -> None:
    citizen.behaviour = FAILURES[outcome]
    desk = agents["8001"]
    call_id = await _press(desk)
    agent = await telephones["8001"].next_call()
    await agent.wait_ended(30)
    assert (await _result(admin, call_id))["result"] == outcome
    record = await _record(admin, call_id)
    assert (record["disposition"], record["talk_seconds"]) == ("not_reached", 0)
    assert await _missed(admin, "open")
    # a person knows better
    body = {"result": "wrong_number", "note": "接听者不是来电人"}
    await desk.post(f"/api/callbacks/{call_id}/result", **body)
    closed = await until(lambda: _missed(admin, "closed"), "closed missed call")
    assert closed is not None
    assert closed["result"] == "wrong_number"


async def test_given_a_dead_first_trunk_when_called_back_then_the_second_is_used(
    citizen: PhoneAgent,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    admin: Api,
    first_trunk: Trunk,
) -> None:
    first_trunk.works = False
    call_id = await _press(agents["8001"])
    agent = await telephones["8001"].next_call()
    answering = await citizen.next_call(40)
    await _connected(admin, call_id)
    await agent.speak(AGENT_SAYS)
    await agent.hangup()
    await answering.wait_ended(10)
    record = await _record(admin, call_id)
    assert (record["hung_up_by"], record["disposition"]) == ("agent", "answered")
    assert any(one.get("via") == "carrier-2" for one in record["path"])


async def test_given_an_agent_who_does_not_answer_then_nobody_is_dialled(
    citizen: PhoneAgent, telephones: dict[str, PhoneAgent], agents: dict[str, Api], admin: Api
) -> None:
    telephones["8001"].behaviour = AgentBehaviour(answer_after_s=None)
    call_id = await _press(agents["8001"])
    ringing = await telephones["8001"].next_call()
    # pressed twice: one call
    body = {"number": CITIZEN}
    assert await agents["8001"].status("POST", "/api/callbacks", json=body) == 409
    await ringing.wait_ended(20)
    assert (await _result(admin, call_id))["result"] == "agent_absent"
    assert not citizen.calls


async def test_given_an_agent_who_hangs_up_while_it_rings_then_the_citizen_stops_ringing(
    citizen: PhoneAgent, telephones: dict[str, PhoneAgent], agents: dict[str, Api], admin: Api
) -> None:
    citizen.behaviour = AgentBehaviour(answer_after_s=None)
    call_id = await _press(agents["8001"])
    agent = await telephones["8001"].next_call()
    ringing = await citizen.next_call()
    await agent.hangup()
    await ringing.wait_ended(10)
    assert (await _result(admin, call_id))["result"] == "cancelled"
    assert (await _record(admin, call_id))["hung_up_by"] == "agent"


async def test_given_an_agent_on_a_call_when_pressed_then_refused(
    phone: TestPhone, telephones: dict[str, PhoneAgent], agents: dict[str, Api]
) -> None:
    desk = agents["8001"]
    telephones["8001"].behaviour = AgentBehaviour(answer_after_s=0.2)
    await desk.state("ready")
    stranger = str(next(STRANGERS))
    call = await phone.dial("12345", caller=stranger, keys=STRAIGHT_ON)
    await (await telephones["8001"].next_call()).wait_answered()
    await desk.heard("call.answered")
    assert await desk.status("POST", "/api/callbacks", json={"number": stranger}) == 409
    await call.hangup()
    await call.wait_ended()


@pytest.mark.parametrize(
    "number", ["110", "13911112222", "0014155550100", "4008000000", "95599", "16812345", "8002"]
)
async def test_given_a_number_that_is_no_known_citizens_then_refused(
    hotline: Hotline, agents: dict[str, Api], telephones: dict[str, PhoneAgent], number: str
) -> None:
    assert await agents["8001"].status("POST", "/api/callbacks", json={"number": number}) == 409
    assert not telephones["8001"].calls


@pytest.mark.parametrize("number", ["110", "0014155550100", "4008000000", "95599", "16812345"])
async def test_given_a_number_that_is_no_citizens_when_asterisk_is_asked_then_it_refuses_too(
    hotline: Hotline, number: str
) -> None:
    said = await hotline.asterisk.command(f"dialplan show {number}@out-callback")
    assert "callback," not in said
    assert "callback," in await hotline.asterisk.command(f"dialplan show {CITIZEN}@out-callback")


async def test_given_a_talk_with_a_citizen_when_the_service_is_killed_then_it_goes_on_and_is_kept(
    hotline: Hotline,
    citizen: PhoneAgent,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    admin: Api,
    tmp_path: Path,
) -> None:
    call_id = await _press(agents["8001"])
    agent = await telephones["8001"].next_call()
    answering = await citizen.next_call()
    await _connected(admin, call_id)
    hotline.kill_service(signal.SIGKILL)
    try:
        await agent.speak(AGENT_SAYS)
        assert not answering.is_ended
        await answering.hangup()
        await agent.wait_ended(10)
    finally:
        await hotline.start_service()
    assert _hears(answering, AGENT_SAYS) > HEARD
    async with hotline.api("admin") as again:
        record = await _record(again, call_id)
        assert (record["direction"], record["disposition"]) == ("outbound", "answered")
        assert (record["caller"], record["line"], record["agent"]) == (CITIZEN, "12328", "8001")
        assert (await _result(again, call_id, 60))["result"] == "reached"
        closed = await until(lambda: _missed(again, "closed"), "closed missed call", 60)
        recording = samples(await _sealed(again, call_id, tmp_path))
    assert closed is not None
    assert closed["result"] == "reached"
    assert likeness(recording[:, 1], samples(AGENT_SAYS)[:, 0]) > HEARD
