"""Which engine hears a call, and what a call costs when its model cannot be used: nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from telephony.testphone import PhoneAgent, PhoneCall, TestPhone
from tests.live.conftest import NUMBERS
from tests.live.harness.api import Api, Message
from tests.live.harness.hotline import SPEECH, Hotline, until
from tests.unit.asr.sherpa_model import CHARACTERS, make_sherpa_model

CALLER_SAYS = SPEECH / "02_noise_caller.wav"
Restart = Callable[[str, Path], Awaitable[None]]

pytestmark = pytest.mark.timeout(300)


@pytest_asyncio.fixture(loop_scope="session")
async def with_engine(
    hotline: Hotline, telephones: dict[str, PhoneAgent]
) -> AsyncIterator[Restart]:
    """Starts the service again with another engine; afterwards it has its own again."""

    async def restart(engine: str, model: Path) -> None:
        hotline.kill_service()
        hotline.environment |= {
            "HOTLINE_ASR__ENGINE": engine,
            f"HOTLINE_ASR__{engine.upper()}_MODEL": str(model),
        }
        await hotline.start_service()

    yield restart
    hotline.kill_service()
    for name in [one for one in hotline.environment if one.startswith("HOTLINE_ASR__")]:
        del hotline.environment[name]
    await hotline.start_service()


async def answered(phone: TestPhone, telephone: PhoneAgent, desk: Api) -> tuple[str, PhoneCall]:
    """A caller and the agent at the desk, who talk; the call's id."""
    await desk.watch()
    await desk.state("ready")
    call = await phone.dial("12345", caller=f"1390000{next(NUMBERS)}", keys=[(0.3, "0")])
    await (await telephone.next_call()).wait_answered()
    return str((await desk.heard("call.answered"))["call_id"]), call


async def over(call: PhoneCall, desk: Api) -> Message:
    """The call's record after its end."""
    await call.hangup()
    await call.wait_ended()
    drafted = await desk.heard("ticket.drafted", deadline_s=60)
    await desk.state("logged_out")
    record: Message = await desk.get(f"/api/calls/{drafted['ticket']['call_id']}")
    return record


async def test_given_a_streaming_model_for_sherpa_when_people_call_then_it_hears_them(
    hotline: Hotline,
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    with_engine: Restart,
    tmp_path: Path,
) -> None:
    await with_engine("sherpa", make_sherpa_model(tmp_path / "tiny"))
    async with hotline.api("agent8001") as desk:
        call_id, call = await answered(phone, telephones["8001"], desk)
        await call.speak(CALLER_SAYS)
        final = await desk.heard("transcript.final", lambda m: m["speaker"] == "caller", 60)
        partial = await desk.heard("transcript.partial", lambda m: m["speaker"] == "caller")
        # the model knows no words: it counts while somebody is loud
        assert set(final["text"]) <= set(CHARACTERS)
        assert final["text"].startswith(partial["text"])
        assert (await over(call, desk))["disposition"] == "answered"
        turns = (await desk.get(f"/api/calls/{call_id}/transcript"))["turns"]
        assert {turn["engine"] for turn in turns} == {"sherpa:tiny"}


async def recording_of(desk: Api, call_id: str) -> None:
    """Return once the call's recording is sealed."""

    async def recorded() -> bool:
        record: Message = await desk.get(f"/api/calls/{call_id}")
        return bool(record["has_recording"])

    await until(recorded, "sealed recording", 60)


async def test_given_no_model_when_people_call_then_all_but_the_words_is_there(
    hotline: Hotline,
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    with_engine: Restart,
    tmp_path: Path,
) -> None:
    await with_engine("vosk", tmp_path / "missing")
    async with hotline.api("agent8001") as desk:
        call_id, call = await answered(phone, telephones["8001"], desk)
        assert "no such folder" in hotline.service_log()
        await call.speak(CALLER_SAYS)
        assert (await over(call, desk))["disposition"] == "answered"
        await recording_of(desk, call_id)
        assert (await desk.get(f"/api/calls/{call_id}/transcript"))["turns"] == []


async def test_given_a_model_cut_short_when_it_is_put_right_in_a_call_then_the_call_is_heard(
    hotline: Hotline,
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    with_engine: Restart,
    tmp_path: Path,
) -> None:
    model = make_sherpa_model(tmp_path / "tiny")
    joiner = model / "joiner.onnx"
    whole = joiner.read_bytes()
    joiner.write_bytes(whole[: len(whole) // 2])
    await with_engine("sherpa", model)
    async with hotline.api("agent8001") as desk:
        call_id, call = await answered(phone, telephones["8001"], desk)
        status, health = await desk.download("/healthz")
        assert status == 200
        assert b"no recogniser; hotline doctor says why" in health
        assert "joiner.onnx is damaged" in hotline.service_log()
        with pytest.raises(AssertionError) as told:
            await hotline.command("doctor", "--json")
        assert "joiner.onnx is damaged" in str(told.value)
        assert "then restart the service" in str(told.value)

        joiner.write_bytes(whole)
        # as its supervisor would, while the two talk
        await with_engine("sherpa", model)
        assert not call.is_ended
    async with hotline.api("agent8001") as desk:
        await desk.watch()

        async def heard() -> bool:
            await call.speak(CALLER_SAYS)
            turns = (await desk.get(f"/api/calls/{call_id}/transcript"))["turns"]
            return "sherpa:tiny" in {turn["engine"] for turn in turns}

        await until(heard, "words of the caller", 60)
        assert (await over(call, desk))["disposition"] == "answered"
        await recording_of(desk, call_id)
