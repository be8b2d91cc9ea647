"""Many callers at once, counted by sipp itself."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import soundfile

from tests.live.harness.hotline import SPEECH, Hotline
from tests.live.harness.sipp import SCENARIOS

NUMBER = "12345"
SPEAKER = SPEECH / "02_noise_caller.wav"


@dataclass(frozen=True, slots=True)
class Load:
    """What became of the callers.

    Attributes:
        completed: calls that went to their end as the scenario says.
        failed: calls that did not, those included that were never placed.
        wall_s: from the first INVITE to the end of the last call.
    """

    completed: int
    failed: int
    wall_s: float


async def call(
    hotline: Hotline,
    *,
    calls: int,
    per_second: int,
    hold_ms: int,
    deadline_s: float = 90.0,
) -> Load:
    """Place ``calls`` calls at a fixed rate, each held for ``hold_ms`` after its answer.

    Every caller sends speech over RTP all the while. Whatever is not done after ``deadline_s``
    counts as failed.
    """
    assert hotline.installation.sipp_argv, "this needs sipp; run: make install"
    with tempfile.TemporaryDirectory(prefix="sipp-") as name:
        folder = Path(name)
        host, port = hotline.sip
        speech = folder / "speech.alaw"
        sound, rate = await asyncio.to_thread(soundfile.read, SPEAKER)
        soundfile.write(speech, sound, rate, format="RAW", subtype="ALAW")
        argv = [
            *hotline.installation.sipp_argv,
            f"{host}:{port}",
            *("-sf", str(SCENARIOS / "speak_and_hang_up.xml"), "-s", NUMBER, "-i", "127.0.0.1"),
            *("-m", str(calls), "-l", str(calls), "-r", str(per_second), "-d", str(hold_ms)),
            *("-key", "caller", "13900000041", "-key", "speech", str(speech), "-nostdin"),
            *("-trace_stat", "-stf", str(folder / "counts"), "-fd", "1"),
        ]
        began = time.monotonic()
        process = await asyncio.create_subprocess_exec(
            *argv,
            cwd=folder,
            env=hotline.installation.environment() | {"TERM": "dumb"},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(deadline_s):
                    await process.wait()
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, 9)
                await process.wait()
        wall_s = time.monotonic() - began
        completed = _completed(folder / "counts")
        return Load(completed, calls - completed, wall_s)


def _completed(file: Path) -> int:
    with file.open(encoding="utf-8", newline="") as lines:
        last = list(csv.DictReader(lines, delimiter=";"))[-1]
    return int(last["SuccessfulCall(C)"])
