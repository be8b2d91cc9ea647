"""What is left of a caller's words when their packets overtake each other.

``python -m tests.bench.networks``: each packet waits by itself, up to so long; none is lost on the
way.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from dataclasses import dataclass
from pathlib import Path

from telephony.testphone import PhoneAgent, TestPhone
from tests.bench.machine import print_machine
from tests.bench.site import hotline_with_tones
from tests.live.harness.api import Api
from tests.live.harness.audio import likeness, samples
from tests.live.harness.hotline import SPEECH, Hotline, until
from tests.live.harness.rough import RoughWay
from tests.live.harness.talk import heard, sealed
from tests.live.harness.words import alike, said_in

DELAYS_MS, SAYS = (0, 20, 40, 80), SPEECH / "13_wages_caller.wav"
SEED, FIRST_NUMBER = 20260713, 40000
WORDS_BY_S = 15.0


@dataclass(frozen=True, slots=True)
class Row:
    """What became of what the caller said; all but ``overtaken`` are 0 (nothing) to 1 (all)."""

    overtaken: float
    words: float
    agent: float
    recording: float


async def measure() -> None:
    """Print what the recogniser, the agent and the recording had of the caller."""
    rows: dict[int, Row] = {}
    async with (
        hotline_with_tones() as hotline,
        TestPhone(hotline.installation, hotline.sip) as seat,
    ):
        account = hotline.accounts["agent8001"]
        telephone = await seat.add_agent(account.sip_user, account.sip_password)
        async with hotline.api("agent8001") as desk:
            await desk.watch()
            for delay_ms in DELAYS_MS:
                await desk.state("ready")
                rows[delay_ms] = await _call(hotline, telephone, desk, delay_ms / 1000)
                desk.messages.clear()
    print("A caller's packets, each delayed by itself; shares of what was said:")
    print(f"  {'up to ms':>8}{'overtaken %':>13}{'words':>8}{'agent':>8}{'recording':>11}")
    for delay_ms, row in rows.items():
        print(
            f"  {delay_ms:>8}{100 * row.overtaken:>13.0f}{row.words:>8.2f}"
            f"{row.agent:>8.2f}{row.recording:>11.2f}"
        )


async def _call(hotline: Hotline, telephone: PhoneAgent, desk: Api, delay_s: float) -> Row:
    async with (
        RoughWay(
            hotline.sip,
            seed=SEED,
            first_number=FIRST_NUMBER,
            delay_s=delay_s,
            loss=0,
            stray=0,
            apart=True,
        ) as way,
        TestPhone(hotline.installation, way.address) as phone,
    ):
        caller = await phone.dial("12345", caller="13900000045", keys=[(0.3, "0")])
        agent = await telephone.next_call()
        await agent.wait_answered()
        call_id = (await desk.heard("call.answered"))["call_id"]
        await caller.speak(SAYS)
        words = await _words(desk, call_id)
        await caller.hangup()
        await caller.wait_ended()
        await agent.wait_ended()
        overtaken, by_agent = way.overtaken / way.sent, heard(agent, SAYS)
    with tempfile.TemporaryDirectory() as folder:
        async with hotline.api("admin") as admin:
            recording = samples(await sealed(admin, call_id, Path(folder)))
    kept = likeness(recording[:, 0], samples(SAYS)[:, 0])
    return Row(overtaken, words, by_agent, kept)


async def _words(desk: Api, call_id: str) -> float:
    """How like what was said the caller's turns become."""
    best = 0.0

    async def all_of_it() -> bool:
        nonlocal best
        turns = (await desk.get(f"/api/calls/{call_id}/transcript"))["turns"]
        said = "".join(turn["text"] for turn in turns if turn["speaker"] == "caller")
        best = max(best, alike(said, said_in(SAYS.name)))
        return best > 0.95

    with contextlib.suppress(AssertionError):
        await until(all_of_it, "all the words", WORDS_BY_S)
    return best


async def _main() -> None:
    print_machine()
    await measure()


if __name__ == "__main__":
    asyncio.run(_main())
