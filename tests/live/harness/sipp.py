"""sipp, the test caller whose every SIP message is ours to choose."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from telephony.asterisk.installation import Installation

SCENARIOS = Path(__file__).parent.parent / "scenarios"


_STATUS = re.compile(r"SIP/2\.0 ([1-6][0-9]{2})")
_CALL_ID = re.compile(r"^Call-ID: *(.+?)\r?$", re.MULTILINE | re.IGNORECASE)
_CSEQ_INVITE = re.compile(r"^CSeq: *[0-9]+ INVITE", re.MULTILINE | re.IGNORECASE)
_CAUSE = re.compile(r"^Reason: *Q\.850; *cause=([0-9]+)", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one call, as its caller's SIP tells.

    Attributes:
        progress: provisional statuses with audio (a session description), in order, each once.
        status: final status of the INVITE; 0: none came.
        cause: Q.850 cause in the final answer's Reason header; 0: none.
    """

    progress: tuple[int, ...] = ()
    status: int = 0
    cause: int = 0


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

    def outcomes(self) -> dict[str, Outcome]:
        """What became of each call, by its Call-ID."""
        found: dict[str, Outcome] = {}
        for block in re.split(r"^-{40,}.*$", self.messages, flags=re.MULTILINE):
            call_id = _CALL_ID.search(block)
            if call_id is None or not _CSEQ_INVITE.search(block):
                continue
            before = found.setdefault(call_id[1], Outcome())
            status = _STATUS.search(block) if "message received" in block else None
            if status is None or before.status:
                continue
            number = int(status[1])
            if number >= 200:
                cause = _CAUSE.search(block)
                after = Outcome(before.progress, number, int(cause[1]) if cause else 0)
            elif "m=audio" in block and number not in before.progress:
                after = Outcome((*before.progress, number))
            else:
                continue
            found[call_id[1]] = after
        return found


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
    headers: Sequence[str] = (),
    deadline_s: float = 60,
) -> SippRun:
    """Run ``scenarios/<scenario>.xml`` against ``target`` to its end.

    ``hold_ms`` is the length of the scenario's open pauses; ``keys`` fills its ``[name]`` fields;
    ``headers`` are lines put into the INVITE, unchecked and in this order.

    Raises:
        TimeoutError: after ``deadline_s``; sipp is killed.
    """
    assert installation.sipp_argv, "these tests need sipp; run: make install"
    with tempfile.TemporaryDirectory(prefix="sipp-") as folder:
        file = SCENARIOS / f"{scenario}.xml"
        if headers:
            file = Path(folder) / file.name
            file.write_text(_with_headers(SCENARIOS / file.name, headers), encoding="utf-8")
        argv = [
            *installation.sipp_argv,
            f"{target[0]}:{target[1]}",
            *("-sf", str(file), "-s", number, "-i", local_ip),
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


def _with_headers(scenario: Path, headers: Sequence[str]) -> str:
    """The scenario with more header lines in its INVITE, before the type of the content."""
    before, found, after = scenario.read_text(encoding="utf-8").partition("    Content-Type:")
    assert found, f"{scenario.name} sends no content"
    return before + "".join(f"    {line}\n" for line in headers) + found + after


def _text(folder: str, name: str) -> str:
    path = Path(folder) / name
    return path.read_text(errors="replace") if path.exists() else ""
