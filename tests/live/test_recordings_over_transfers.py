"""Recordings that other switchboards lost when a call was handed on; here each is whole.

One recording a call, begun with its answer and ended with its last hang-up: whatever happens in
between, all that was said is in it, in its order, and record, archive and disk agree.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest
import pytest_asyncio
import soundfile

from agent_gateway.auth import Accounts, NewAccount, Role
from agent_gateway.service.asterisk_config import apply_endpoints
from telephony.recordings import Archive
from telephony.testphone import AgentBehaviour, PhoneAgent, PhoneCall, TestPhone
from tests.live.harness.api import Api, Message
from tests.live.harness.audio import RATE_HZ, placed, samples
from tests.live.harness.hotline import MENU_LINE, SPEECH, Hotline, until
from tests.live.harness.records import ended_call, record_of
from tests.live.harness.talk import Conversation, Outside, fresh, sealed

QUEUE = "queue:hotline"
CALLER = [SPEECH / f"{name}_caller.wav" for name in ("04_noise", "07_bus", "10_fire", "02_noise")]
AGENT = [SPEECH / f"{name}_agent.wav" for name in ("06_bus", "03_noise", "11_fire", "01_noise")]
SAYS_S = 2.5
ENDS_AGREE_S = 3.0


@pytest.fixture(scope="module", autouse=True)
def _in_short(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Only the beginning of each file is said."""
    folder = tmp_path_factory.mktemp("says")
    for files in (CALLER, AGENT):
        for at, wav in enumerate(files):
            files[at] = folder / wav.name
            said = samples(wav)[: int(SAYS_S * RATE_HZ)]
            soundfile.write(files[at], said, RATE_HZ, subtype="PCM_16")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def _third_seat(hotline: Hotline, phone: TestPhone) -> tuple[PhoneAgent, NewAccount]:
    account = await Accounts(hotline.store, "tests").add("agent8005", Role.AGENT, extension="8005")
    await apply_endpoints(hotline.settings, hotline.secrets)
    return await phone.add_agent(account.sip_user, account.sip_password), account


@pytest_asyncio.fixture(loop_scope="session")
async def third(hotline: Hotline, _third_seat: tuple[PhoneAgent, NewAccount]) -> AsyncIterator[Api]:
    """Agent 8005, not logged in to the queue."""
    _, account = _third_seat
    async with Api(hotline.web, account.username, account.password) as api:
        yield api
        await api.state("logged_out")


@pytest.fixture
def colleagues(
    _third_seat: tuple[PhoneAgent, NewAccount], telephones: dict[str, PhoneAgent]
) -> dict[str, PhoneAgent]:
    """The telephones of 8002 and 8005, beside 8001 who has the call."""
    fresh(_third_seat[0])
    return {"8002": telephones["8002"], "8005": _third_seat[0]}


@pytest_asyncio.fixture(loop_scope="session")
async def all_ring(hotline: Hotline) -> AsyncIterator[None]:
    """The queue rings every free telephone at once, instead of one after the other."""
    file = hotline.settings.asterisk_dir / "etc" / "queues.conf"
    as_shipped = file.read_text(encoding="utf-8")
    file.write_text(as_shipped.replace("strategy = rrmemory", "strategy = ringall"), "utf-8")
    assert file.read_text(encoding="utf-8") != as_shipped
    await hotline.asterisk.command("queue reload parameters")
    assert "'ringall' strategy" in await hotline.asterisk.command("queue show hotline")
    try:
        yield
    finally:
        file.write_text(as_shipped, encoding="utf-8")
        await hotline.asterisk.command("queue reload parameters")


async def _to_the_queue(talk: Conversation, *others: Api) -> None:
    """Agent 8001 gives the caller back to the queue and takes a break; the others are ready."""
    for api in others:
        await api.state("ready")
    await talk.desk.state("break")
    await talk.begin("blind", QUEUE)
    await talk.agent.wait_ended()


async def _they_talk(caller: PhoneCall, other: PhoneCall, part: int) -> None:
    await caller.speak(CALLER[part])
    await other.speak(AGENT[part])


async def _all_is_kept(
    hotline: Hotline, admin: Api, number: str, folder: Path, *, parts: int
) -> Message:
    """The record of the number's call, whose recording has so many parts of talk, in order."""
    record = await ended_call(admin, number)
    call_id = record["call_id"]
    file = await sealed(admin, call_id, folder)
    recording = samples(file)
    for channel, said in ((0, CALLER[:parts]), (1, AGENT[:parts])):
        at = [placed(recording[:, channel], samples(wav)[:, 0]) for wav in said]
        found = [one for one in at if one is not None]
        assert len(found) == parts, (channel, at)
        assert found == sorted(found), (channel, at)
    lasted = datetime.fromisoformat(record["ended_at"]) - datetime.fromisoformat(
        record["arrived_at"]
    )
    # begun with the answer, ended with the hang-up: nothing of the call is missing at either end
    assert abs(lasted.total_seconds() - len(recording) / RATE_HZ) < ENDS_AGREE_S

    # record, archive and disk agree
    entry = await hotline.store.calls.recording(call_id)
    assert entry is not None
    assert abs(entry.duration_ms / 1000 - len(recording) / RATE_HZ) < 0.05
    report = json.loads(await hotline.command("recordings", "verify", "--json"))
    assert (report["faults"], report["recordings"] > 0) == ([], True)

    async def nothing_left() -> bool:
        return not list(hotline.settings.recording_spool.glob(f"{call_id}*"))

    await until(nothing_left, "a spool without the call's raw files")
    archived = [one.entry for one in Archive.of(hotline.settings).recordings()]
    kept = [one.sha256 for one in archived if one.call_id == call_id]
    assert kept == [entry.sha256] == [hashlib.sha256(file.read_bytes()).hexdigest()]
    return record


def _answered_by(record: Message) -> list[str]:
    """Endpoints of those who answered, in order."""
    return [
        one["data"]["endpoint"].removeprefix("PJSIP/agent-")
        for one in record["events"]
        if one["type"] == "CallAnswered"
    ]


async def test_given_a_call_through_a_menu_when_handed_back_to_the_queue_then_all_is_recorded(
    hotline: Hotline,
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    admin: Api,
    tmp_path: Path,
) -> None:
    desk, number = agents["8001"], "13900007307"
    await desk.state("ready")
    caller = await phone.dial(MENU_LINE, caller=number, keys=[(0.5, "0")])
    first = await telephones["8001"].next_call()
    await first.wait_answered()
    call_id = (await desk.heard("call.answered"))["call_id"]
    await _they_talk(caller, first, 0)
    await _to_the_queue(Conversation(call_id, caller, first, desk, number), agents["8002"])
    second = await telephones["8002"].next_call()
    await second.wait_answered()
    await _they_talk(caller, second, 1)
    await caller.hangup()
    await second.wait_ended()
    record = await _all_is_kept(hotline, admin, number, tmp_path, parts=2)
    assert record["line"] == MENU_LINE
    assert _answered_by(record) == ["8001", "8002"]


async def test_given_the_service_dead_when_a_returned_caller_is_answered_then_both_are_recorded(
    hotline: Hotline,
    talk: Conversation,
    agents: dict[str, Api],
    telephones: dict[str, PhoneAgent],
    admin: Api,
    tmp_path: Path,
) -> None:
    await _they_talk(talk.caller, talk.agent, 0)
    telephones["8002"].behaviour = AgentBehaviour(answer_after_s=None)
    await _to_the_queue(talk, agents["8002"])
    second = await telephones["8002"].next_call()
    hotline.kill_service()
    try:
        await second.answer()
        await second.wait_answered()
        await _they_talk(talk.caller, second, 1)
        await talk.caller.hangup()
        await second.wait_ended()
    finally:
        await hotline.start_service()

    async def parts() -> list[Message]:
        record = await record_of(admin, talk.number)
        return record["parts"] if record else []

    [part] = await until(parts, "the part of the next agent", 60)
    recording = samples(await sealed(admin, talk.call_id, tmp_path, part["part"]))
    assert placed(recording[:, 0], samples(AGENT[1])[:, 0]) is not None
    assert placed(recording[:, 1], samples(CALLER[1])[:, 0]) is not None
    # the call's own has the whole of the caller
    whole = samples(await sealed(admin, talk.call_id, tmp_path))
    at = [placed(whole[:, 0], samples(wav)[:, 0]) for wav in CALLER[:2]]
    assert None not in at
    assert placed(whole[:, 1], samples(AGENT[0])[:, 0]) is not None


async def test_given_a_colleague_consulted_when_handed_over_then_what_they_say_after_is_recorded(
    hotline: Hotline,
    talk: Conversation,
    agents: dict[str, Api],
    telephones: dict[str, PhoneAgent],
    admin: Api,
    tmp_path: Path,
) -> None:
    await _they_talk(talk.caller, talk.agent, 0)
    await talk.begin("consult", "agent:8002")
    second = await telephones["8002"].next_call()
    await talk.state("consulting")
    await talk.agent.speak(SPEECH / "09_social_agent.wav")  # told to the colleague alone
    await talk.agent.hangup()
    await talk.state("handed_over")
    await _they_talk(talk.caller, second, 1)
    await second.hangup()
    await talk.caller.wait_ended(15)
    record = await _all_is_kept(hotline, admin, talk.number, tmp_path, parts=2)
    moved = [one for one in record["path"] if one["step"] == "transferred"]
    assert [(one["kind"], one["outcome"]) for one in moved] == [
        ("consult", "started"),
        ("consult", "completed"),
    ]


async def test_given_a_call_handed_on_thrice_when_it_ends_then_every_talk_is_recorded(
    hotline: Hotline,
    talk: Conversation,
    outside: Outside,
    agents: dict[str, Api],
    telephones: dict[str, PhoneAgent],
    admin: Api,
    tmp_path: Path,
) -> None:
    await _they_talk(talk.caller, talk.agent, 0)
    await _to_the_queue(talk, agents["8002"])
    second = await telephones["8002"].next_call()
    await second.wait_answered()
    await _they_talk(talk.caller, second, 1)
    desk = agents["8002"]
    again = Conversation(talk.call_id, talk.caller, second, desk, talk.number)
    await again.begin("consult")
    third = await outside.department.next_call()
    await again.state("consulting")
    await again.order("merge")
    await _they_talk(talk.caller, third, 2)
    await again.order("complete")
    await second.wait_ended()
    await _they_talk(talk.caller, third, 3)
    await talk.caller.hangup()
    await third.wait_ended()
    await _all_is_kept(hotline, admin, talk.number, tmp_path, parts=4)


async def test_given_three_agents_when_one_is_consulted_then_the_record_names_no_other(
    hotline: Hotline,
    talk: Conversation,
    colleagues: dict[str, PhoneAgent],
    agents: dict[str, Api],
    third: Api,
    admin: Api,
    tmp_path: Path,
) -> None:
    await _they_talk(talk.caller, talk.agent, 0)
    # given to the queue, where 8002 is rung and does not answer: 8005 does
    colleagues["8002"].behaviour = AgentBehaviour(answer_after_s=None)
    await _to_the_queue(talk, agents["8002"])
    await colleagues["8002"].next_call()
    await third.state("ready")
    taken = await colleagues["8005"].next_call()
    await taken.wait_answered()
    await _they_talk(talk.caller, taken, 1)
    await talk.caller.hangup()
    await taken.wait_ended()
    record = await _all_is_kept(hotline, admin, talk.number, tmp_path, parts=2)
    assert _answered_by(record) == ["8001", "8005"]
    assert record["agent"] == "8005"


@pytest.mark.parametrize("refusing", ["8002", "8005"])
async def test_given_telephones_that_ring_together_when_one_refuses_then_the_others_talk_is_kept(
    hotline: Hotline,
    all_ring: None,
    talk: Conversation,
    colleagues: dict[str, PhoneAgent],
    agents: dict[str, Api],
    third: Api,
    admin: Api,
    tmp_path: Path,
    refusing: str,
) -> None:
    await _they_talk(talk.caller, talk.agent, 0)
    # the refusal and the answer come at nearly the same moment
    for telephone in colleagues.values():
        telephone.behaviour = AgentBehaviour(answer_after_s=0.5)
    colleagues[refusing].behaviour = AgentBehaviour(answer_after_s=0.5, refuse="busy")
    await _to_the_queue(talk, agents["8002"], third)
    answering = next(name for name in colleagues if name != refusing)
    second = await colleagues[answering].next_call()
    await colleagues[refusing].next_call()
    await second.wait_answered()
    await _they_talk(talk.caller, second, 1)
    await talk.caller.hangup()
    await second.wait_ended()
    record = await _all_is_kept(hotline, admin, talk.number, tmp_path, parts=2)
    assert _answered_by(record) == ["8001", answering]


async def test_given_a_first_round_without_answer_when_the_second_is_answered_then_it_is_kept(
    hotline: Hotline,
    all_ring: None,
    talk: Conversation,
    colleagues: dict[str, PhoneAgent],
    agents: dict[str, Api],
    third: Api,
    admin: Api,
    tmp_path: Path,
) -> None:
    await _they_talk(talk.caller, talk.agent, 0)
    for telephone in colleagues.values():
        telephone.behaviour = AgentBehaviour(answer_after_s=None)
    await _to_the_queue(talk, agents["8002"], third)
    for telephone in colleagues.values():
        await (await telephone.next_call()).wait_ended()
    colleagues["8005"].behaviour = AgentBehaviour(answer_after_s=0.2)
    second = await colleagues["8005"].next_call()
    await second.wait_answered()
    await _they_talk(talk.caller, second, 1)
    await second.hangup()
    await talk.caller.wait_ended(15)
    record = await _all_is_kept(hotline, admin, talk.number, tmp_path, parts=2)
    assert _answered_by(record) == ["8001", "8005"]
    assert record["disposition"] == "answered"


async def test_given_failed_transfers_when_the_talk_goes_on_then_one_recording_and_no_orphan(
    hotline: Hotline,
    talk: Conversation,
    outside: Outside,
    admin: Api,
    tmp_path: Path,
) -> None:
    before = set(hotline.settings.recording_spool.iterdir())
    await _they_talk(talk.caller, talk.agent, 0)
    for number, kind in enumerate(("consult", "three_way"), 1):
        outside.department.behaviour = AgentBehaviour(answer_after_s=0.2, refuse="decline")
        talk.desk.messages.clear()
        await talk.begin(kind)
        await talk.state("together", "refused")
        await _they_talk(talk.caller, talk.agent, number)
    # whatever recording there is was made by this call
    files = set(hotline.settings.recording_spool.iterdir()) - before
    assert {file.name for file in files} <= {f"{talk.call_id}-{end}.sln" for end in ("rx", "tx")}
    await talk.caller.hangup()
    await talk.agent.wait_ended()
    await _all_is_kept(hotline, admin, talk.number, tmp_path, parts=3)
    left = [file.name for file in hotline.settings.recording_spool.glob("*.sln")]
    assert not left, left


@pytest.mark.parametrize("reason", ["busy", "no_answer"])
async def test_given_a_consultation_without_answer_when_the_caller_is_back_then_recording_goes_on(
    hotline: Hotline,
    talk: Conversation,
    telephones: dict[str, PhoneAgent],
    admin: Api,
    tmp_path: Path,
    reason: str,
) -> None:
    behaviour = AgentBehaviour(answer_after_s=0.2, refuse="busy")
    if reason == "no_answer":
        behaviour = AgentBehaviour(answer_after_s=None)
    telephones["8002"].behaviour = behaviour
    await _they_talk(talk.caller, talk.agent, 0)
    await talk.begin("consult", "agent:8002")
    await talk.state("together", reason)
    await _they_talk(talk.caller, talk.agent, 1)
    await talk.agent.hangup()
    await talk.caller.wait_ended(15)
    record = await _all_is_kept(hotline, admin, talk.number, tmp_path, parts=2)
    assert _answered_by(record) == ["8001"]
