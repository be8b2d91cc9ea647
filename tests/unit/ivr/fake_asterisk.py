"""Asterisk's side of FastAGI, played by a script over a real TCP connection."""

from __future__ import annotations

import asyncio
import contextlib
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

HEADERS = {
    "agi_network": "yes",
    "agi_network_script": "inbound",
    "agi_request": "agi://127.0.0.1/inbound",
    "agi_channel": "PJSIP/trunk-00000001",
    "agi_uniqueid": "1750000000.1",
    "agi_callerid": "13900000001",
    "agi_calleridname": "unknown",
    "agi_extension": "12345",
}


class HangUpError(Exception):
    """The script says that the caller hangs up now."""


@dataclass
class FakeAsterisk:
    """A channel with variables, SIP headers and a caller who presses keys at certain prompts.

    Attributes:
        variables: what GET VARIABLE finds and SET VARIABLE changes.
        keys: prompt name -> keys; each playing of the prompt takes one ("" for none).
        typed: what the caller types at each GET DATA, and whether it ended in a time-out.
        waits: keys pressed at each WAIT FOR DIGIT, "" for silence.
        hangs_up_at: the prompt during which the caller hangs up.
        unplayable: prompts that Asterisk cannot open.
    """

    variables: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=lambda: dict(HEADERS))
    keys: dict[str, list[str]] = field(default_factory=dict)
    typed: list[tuple[str, bool]] = field(default_factory=list)
    waits: list[str] = field(default_factory=list)
    hangs_up_at: str = ""
    unplayable: frozenset[str] = frozenset()
    played: list[str] = field(default_factory=list)
    commands: list[list[str]] = field(default_factory=list)
    gone: bool = False

    async def call(self, port: int) -> Self:
        """Run one session until either side closes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            lines = [f"{key}: {value}\n" for key, value in self.headers.items()]
            writer.write(("".join(lines) + "\n").encode())
            while line := await asyncio.wait_for(reader.readline(), 20):
                words = shlex.split(line.decode())
                self.commands.append(words)
                try:
                    writer.write((self._answer(words) + "\n").encode())
                except HangUpError:
                    self.gone = True
                    writer.write(b"HANGUP\n")
                    break
                await writer.drain()
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
        return self

    def _answer(self, words: list[str]) -> str:
        match words:
            case ["SET", "VARIABLE", name, value]:
                self.variables[name] = value
                return "200 result=1"
            case ["GET", "VARIABLE", name]:
                if name not in self.variables:
                    return "200 result=0"
                return f"200 result=1 ({self.variables[name]})"
            case ["STREAM", "FILE", path, escape]:
                return self._play(path, escape)
            case ["WAIT", "FOR", "DIGIT", _]:
                key = self.waits.pop(0) if self.waits else ""
                return f"200 result={ord(key) if key else 0}"
            case ["GET", "DATA", path, _, _]:
                self.played.append(Path(path).name)
                digits, timed_out = self.typed.pop(0) if self.typed else ("", True)
                return f"200 result={digits}" + (" (timeout)" if timed_out else "")
            case ["CHANNEL", "STATUS"]:
                return "200 result=6"
            case _:
                return "510 Invalid or unknown command"

    def _play(self, path: str, escape: str) -> str:
        # without the mark of a menu's text
        name = re.sub(r"_[0-9a-f]{8}$", "", Path(path).name)
        if name == self.hangs_up_at:
            raise HangUpError
        if name in self.unplayable:
            return "200 result=-1 endpos=0"
        self.played.append(f"{Path(path).parent.name}/{name}")
        scripted = self.keys.get(name, [])
        key = scripted.pop(0) if scripted else ""
        if key and key in escape:
            return f"200 result={ord(key)} endpos=800"
        return "200 result=0 endpos=8000"

    @property
    def leases(self) -> list[float]:
        """Every value that TIMEOUT(absolute) was given."""
        return [float(words[3]) for words in self.commands if words[2:3] == ["TIMEOUT(absolute)"]]


class EveryPrompt:
    """A prompt source in which everything exists, except what is named missing."""

    def __init__(self, missing: frozenset[str] = frozenset(), seconds: float = 2.0) -> None:
        self.missing = missing
        self.seconds = seconds

    def path(self, key: str, lang: str) -> Path | None:
        return None if key in self.missing else Path("/prompts") / lang / key

    def duration_s(self, key: str, lang: str) -> float:
        return self.seconds
