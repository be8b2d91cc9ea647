"""What is heard of a call, and what becomes of it when the recogniser or the service fails."""

from __future__ import annotations

import os
import signal
import wave
from pathlib import Path

import pytest_asyncio

from telephony.testphone import AgentBehaviour, PhoneAgent, PhoneCall, TestPhone
from tests.live.harness.api import Api
from tests.live.harness.hotline import SPEECH, Hotline, until
from tests.live.harness.service import recogniser_pid
from tests.live.harness.words import alike, said_in
from tests.unit.asr.sounds import BUSY, KEYS, MUSIC, RINGING

FIRST, SECOND = SPEECH / "02_noise_caller.wav", SPEECH / "10_fire_caller.wav"


@pytest_asyncio.fixture(loop_scope="session")
async def talk(
    phone: TestPhone, telephones: dict[str, PhoneAgent], agents: dict[str, Api]
) -> tuple[PhoneCall, str]:
    """A caller and an agent who are connected, and the call's id."""
    telephones["8001"].behaviour = AgentBehaviour(answer_after_s=0.2)
    await agents["8001"].state("ready")
    call = await phone.dial("12345", caller="13900000071", keys=[(0.5, "0")])
    await call.wait_answered()
    await (await telephones["8001"].next_call()).wait_answered()
    offered = await agents["8001"].heard("call.offered")
    await agents["8001"].heard("call.answered")
    return call, str(offered["call"]["call_id"])


async def words_of(api: Api, call_id: str) -> str:
    turns = (await api.get(f"/api/calls/{call_id}/transcript"))["turns"]
    return "".join(turn["text"] for turn in turns if turn["speaker"] == "caller")


async def test_given_music_ringing_and_keys_on_the_line_when_heard_then_only_speech_gives_words(
    talk: tuple[PhoneCall, str], agents: dict[str, Api], tmp_path: Path
) -> None:
    call, call_id = talk
    noises = tmp_path / "noises.wav"
    with wave.open(str(noises), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        pieces = (MUSIC[:96_000], RINGING[:64_000], BUSY[:48_000], KEYS[:48_000])
        file.writeframes(b"".join(pieces) + bytes(32_000))
    await call.speak(noises)
    await call.speak(SECOND)
    await agents["8001"].heard("transcript.final", lambda m: m["speaker"] == "caller", 60)
    await call.hangup()
    await call.wait_ended()
    await agents["8001"].heard("ticket.drafted", deadline_s=60)
    assert alike(await words_of(agents["8001"], call_id), said_in(SECOND.name)) > 0.5


async def test_given_a_killed_recogniser_when_the_caller_goes_on_then_every_word_is_there(
    hotline: Hotline, talk: tuple[PhoneCall, str], agents: dict[str, Api]
) -> None:
    call, call_id = talk
    service = hotline.service_pid
    os.kill(recogniser_pid(hotline), signal.SIGKILL)
    await call.speak(FIRST)
    await agents["8001"].heard("transcript.final", lambda m: m["speaker"] == "caller", 90)
    assert hotline.service_pid == service
    await call.hangup()
    await call.wait_ended()
    await agents["8001"].heard("ticket.drafted", deadline_s=60)
    assert alike(await words_of(agents["8001"], call_id), said_in(FIRST.name)) > 0.5


async def test_given_a_service_killed_with_unheard_audio_when_back_then_its_words_come(
    hotline: Hotline, talk: tuple[PhoneCall, str], agents: dict[str, Api], admin: Api
) -> None:
    call, call_id = talk
    # a recogniser that hangs: the machine cannot keep up at all
    stuck = recogniser_pid(hotline)
    os.kill(stuck, signal.SIGSTOP)
    try:
        await call.speak(FIRST)
        late = await agents["8001"].heard(
            "transcript.delayed", lambda m: m["speaker"] == "caller", 30
        )
        assert late["behind_ms"] > 3000
        waiting = hotline.data_dir / "spool" / "hearing" / call_id

        async def on_disk() -> bool:
            return sum(path.stat().st_size for path in waiting.glob("caller-*.pcm")) > 70_000

        await until(on_disk, "the caller's words on disk")
        hotline.kill_service()
    finally:
        os.kill(stuck, signal.SIGCONT)
    assert any(name.startswith("PJSIP/") for name in await hotline.channels()), "the call is gone"
    await hotline.start_service()

    async def first_words() -> bool:
        return alike(await words_of(admin, call_id), said_in(FIRST.name)) > 0.5

    await until(first_words, "the words from before the kill", 60)
    # the call went on all the time; what is said now takes no earlier turn's place

    async def listening() -> bool:
        # two halves of a Local channel for each party
        return sum(name.startswith("Local/spy@") for name in await hotline.channels()) == 4

    await until(listening, "both parties attached again")
    await call.speak(SECOND)

    async def both() -> bool:
        said = await words_of(admin, call_id)
        return alike(said, said_in(FIRST.name) + said_in(SECOND.name)) > 0.5

    await until(both, "the words of both", 60)
    await call.hangup()
    await call.wait_ended()

    async def spool_is_empty() -> bool:
        return not waiting.exists()

    await until(spool_is_empty, "an empty spool", 30)
