"""sipp, the test caller whose every SIP message is ours to choose."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from telephony.asterisk.installation import Installation

SCENARIOS = Path(__file__).parent.parent / "scenarios"


@dataclass(frozen=True, slots=True)
class SippRun:
    """What is left of a finished sipp: 0 means that every call went as its scenario says."""

    exit_code: int
    messages: str
    errors: str

    def received(self, first_line: str) -> int:
        """How many received messages begin with ``first_line``, e.g. ``SIP/2.0 183``."""
        return sum(
            block.lstrip().startswith(first_line)
            for block in self.messages.split("message received")[1:]
            for block in [block.split("\n\n", 1)[-1]]
        )


async def run_sipp(
    installation: Installation,
    scenario: str,
    target: tuple[str, int],
    number: str,
    *,
    caller: str = "13900000001",
    calls: int = 1,
    at_once: int = 1,
    per_second: int = 10,
    hold_ms: int = 1000,
    local_ip: str = "127.0.0.1",
    keys: dict[str, str] | None = None,
    deadline_s: float = 60,
) -> SippRun:
    """Run ``scenarios/<scenario>.xml`` against ``target`` to its end.

    ``hold_ms`` is the length of the scenario's open pauses; ``keys`` fills its ``[name]`` fields.

    Raises:
        TimeoutError: after ``deadline_s``; sipp is killed.
    """
    assert installation.sipp_argv, "these tests need sipp; run: make install"
    with tempfile.TemporaryDirectory(prefix="sipp-") as folder:
        argv = [
            *installation.sipp_argv,
            f"{target[0]}:{target[1]}",
            *("-sf", str(SCENARIOS / f"{scenario}.xml"), "-s", number, "-i", local_ip),
            *("-m", str(calls), "-l", str(at_once), "-r", str(per_second), "-d", str(hold_ms)),
            *("-key", "caller", caller, "-nostdin", "-trace_msg", "-trace_err"),
            *("-message_file", f"{folder}/messages", "-error_file", f"{folder}/errors"),
        ]
        for name, value in (keys or {}).items():
            argv += ["-key", name, value]
        process = await asyncio.create_subprocess_exec(
            *argv,
            cwd=folder,
            env=installation.environment() | {"TERM": "dumb"},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(deadline_s):
                code = await process.wait()
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, 9)
                await process.wait()
        return SippRun(code, _text(folder, "messages"), _text(folder, "errors"))


def _text(folder: str, name: str) -> str:
    path = Path(folder) / name
    return path.read_text(errors="replace") if path.exists() else ""
