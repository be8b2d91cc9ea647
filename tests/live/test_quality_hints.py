"""What a supervisor is told while a conversation goes on, and which words a hold leaves in it."""

from __future__ import annotations

import asyncio
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from telephony.testphone import PhoneAgent
from tests.live.harness.api import Api
from tests.live.harness.hotline import SPEECH, Hotline, until
from tests.live.harness.talk import AGENT_SAYS, CALLER_SAYS, TARGET_SAYS, Conversation
from tests.live.harness.words import alike, said_in

# Of AGENT_SAYS; recognisers agree on them.
FORBIDDEN = "小区|地址"
SILENCE_S = 6.0
RULES = f"""
version = 1
[forbidden]
says = ["{FORBIDDEN}"]
[interruption]
overlap_ms = 800
[silence]
seconds = {SILENCE_S}
"""
# Longer than it takes until a silence is told.
HELD_S = 11.0
AFTER_HOLD_CALLER, AFTER_HOLD_AGENT = SPEECH / "04_noise_caller.wav", SPEECH / "06_bus_agent.wav"


@pytest_asyncio.fixture(loop_scope="session")
async def strict(
    hotline: Hotline, telephones: dict[str, PhoneAgent], tmp_path: Path
) -> AsyncIterator[None]:
    """Rules that the speech of the fixtures breaks."""
    rules = tmp_path / "quality.toml"
    rules.write_text(RULES, encoding="utf-8")
    hotline.kill_service()
    hotline.environment["HOTLINE_QUALITY_RULES"] = str(rules)
    await hotline.start_service()
    yield
    hotline.kill_service()
    del hotline.environment["HOTLINE_QUALITY_RULES"]
    await hotline.start_service()


def later(wav: Path, silence_s: float, folder: Path) -> Path:
    """The file with silence before it."""
    file = folder / f"later-{wav.name}"
    with wave.open(str(wav)) as said, wave.open(str(file), "wb") as writing:
        writing.setparams(said.getparams())
        before = bytes(2 * round(silence_s * said.getframerate()))
        writing.writeframes(before + said.readframes(said.getnframes()))
    return file


async def heard_of(talk: Conversation, speaker: str, turns: int) -> None:
    """Return once so many turns of a speaker are in the transcript."""

    def so_many(_: object) -> bool:
        finals = [m for m in talk.desk.messages if m["type"] == "transcript.final"]
        return len([m for m in finals if m["speaker"] == speaker]) >= turns

    await talk.desk.heard("transcript.final", so_many, 60)


@pytest.mark.usefixtures("strict")
async def test_given_an_agent_who_breaks_rules_and_holds_when_heard_then_each_is_told_once(
    talk: Conversation, admin: Api, tmp_path: Path
) -> None:
    await admin.watch()
    await talk.agent.speak(AGENT_SAYS)
    forbidden = await admin.heard("call.quality", lambda m: m["rule"] == "forbidden", 40)
    assert forbidden["detail"] in FORBIDDEN.split("|")

    interrupting = later(TARGET_SAYS, 1.5, tmp_path)
    await asyncio.gather(talk.caller.speak(CALLER_SAYS), talk.agent.speak(interrupting))
    spoken_at = asyncio.get_running_loop().time()
    interruption = await admin.heard("call.quality", lambda m: m["rule"] == "interruption", 40)
    assert float(interruption["detail"].removesuffix(" s")) > 0.8

    # nobody speaks, and it is told before anybody does again
    silence = await admin.heard("call.quality", lambda m: m["rule"] == "silence", 40)
    assert silence["heard_at"] - spoken_at > SILENCE_S
    await heard_of(talk, "agent", 2)
    await heard_of(talk, "caller", 1)
    before = len(talk.desk.messages)

    await talk.agent.hold()
    await asyncio.sleep(HELD_S)
    await talk.agent.take_back()
    # the music has words for nobody
    assert "transcript.final" not in [m["type"] for m in talk.desk.messages[before:]]
    await talk.agent.speak(AFTER_HOLD_AGENT)
    await talk.caller.speak(AFTER_HOLD_CALLER)
    await heard_of(talk, "agent", 3)
    await heard_of(talk, "caller", 2)
    await talk.caller.hangup()
    await talk.caller.wait_ended()
    await talk.desk.heard("ticket.drafted", deadline_s=60)

    turns = (await admin.get(f"/api/calls/{talk.call_id}/transcript"))["turns"]
    for speaker, files in (
        ("caller", (CALLER_SAYS, AFTER_HOLD_CALLER)),
        ("agent", (AGENT_SAYS, TARGET_SAYS, AFTER_HOLD_AGENT)),
    ):
        said = "".join(turn["text"] for turn in turns if turn["speaker"] == speaker)
        assert alike(said, "".join(said_in(file.name) for file in files)) > 0.5, turns
    assert {turn["speaker"] for turn in turns} == {"caller", "agent"}

    async def hints() -> list[str]:
        kept = (await admin.get(f"/api/calls/{talk.call_id}/quality"))["hints"]
        return [one["rule"] for one in kept]

    rules = await until(hints, "the hints in the record")
    assert rules.count("silence") == 1, rules
    assert {"forbidden", "interruption", "silence"} == set(rules)
    record = await admin.get(f"/api/calls/{talk.call_id}")
    assert ["music"] in [one["heard"] for one in record["hearing"] if one["party"] == "caller"]
