"""What is on disk of the audio of calls: enough to finish every transcript after a kill.

``<call>/<speaker>-<stream>.jsonl`` has what must be known of a stream besides its audio, one JSON
object a line, only ever appended. A call's folder goes when the call has ended and every stream of
it is decoded.
"""

from __future__ import annotations

import json
import re
import shutil
import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import structlog

from asr.streams.backlog import segments_of
from telephony.events import Speaker

log = structlog.get_logger(__name__)

SETTLED_S: Final = 5.0
"""A final counts as kept so long after it was published: it is heard again rather than lost."""
FORGOTTEN_S: Final = 24 * 3600.0
_CALL_ID: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,100}", re.ASCII)


@dataclass(slots=True)
class Leftover:
    """A stream that an earlier process received and did not decode to its end.

    Attributes:
        base: path of its files without their ending.
        call_id: the call.
        speaker: who speaks in it.
        line: the call's line.
        clock_ms: where its audio begins on the party's clock.
        skips: (position in the audio, length of the gap) in ms.
        told: (end in ms of its audio, turn) of the finals that were published.
        decoded_ms: of its audio, up to the end of the last final that was certainly kept.
    """

    base: Path
    call_id: str
    speaker: Speaker
    line: str
    clock_ms: int
    skips: list[tuple[int, int]] = field(default_factory=list)
    told: list[tuple[int, int]] = field(default_factory=list)
    decoded_ms: int = 0


@dataclass(slots=True)
class KnownParty:
    """A speaker whose turns an earlier process has begun to count."""

    call_id: str
    speaker: Speaker
    began_at: datetime
    turns: int


class StreamNotes:
    """What is noted of one stream; ``note`` never waits for the disk, ``save`` may."""

    def __init__(self, base: Path | None) -> None:
        """``base``: as for the backlog."""
        self.base = base
        self._due: deque[tuple[float, dict[str, Any]]] = deque()
        self._lock = threading.Lock()
        self._refused = False

    @property
    def waiting(self) -> bool:
        """Whether something is not written yet."""
        return bool(self._due)

    def note(self, *, after_s: float = 0.0, **values: Any) -> None:
        """Write the values down, in ``after_s`` seconds or later."""
        if self.base is not None:
            with self._lock:
                self._due.append((time.monotonic() + after_s, values))

    def save(self, *, everything: bool = False) -> int:
        """Write what is due; returns up to where audio is not needed any more, in ms (or 0)."""
        now = time.monotonic()
        with self._lock:
            due = [values for at, values in self._due if everything or at <= now]
            if not due or self.base is None:
                return 0
            try:
                self.base.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
                with _notes_of(self.base).open("ab") as file:
                    file.write(b"".join(json.dumps(one).encode() + b"\n" for one in due))
                self._due = deque(
                    (at, values) for at, values in self._due if not (everything or at <= now)
                )
                self._refused = False
            except OSError as error:
                if not self._refused:
                    log.warning("asr.not_noted", reason=str(error))
                self._refused = True
                return 0
            return max(int(one.get("decoded_ms", 0)) for one in due)


class HearingSpool:
    """The folder of all calls' audio. Methods block, except :meth:`base_for`."""

    def __init__(self, root: Path | None) -> None:
        """``root``: ``data_dir/spool/hearing``; None: nothing survives the process."""
        self._root = root
        self._next: dict[tuple[str, Speaker], int] = {}

    def base_for(self, call_id: str, speaker: Speaker) -> Path | None:
        """Path, without its ending, for the files of a new stream."""
        if self._root is None or not _CALL_ID.fullmatch(call_id):
            return None
        number = self._next.get((call_id, speaker), 0)
        self._next[call_id, speaker] = number + 1
        return self._root / call_id / f"{speaker.value}-{number}"

    def found(self) -> tuple[list[Leftover], list[KnownParty]]:
        """What earlier processes left, the oldest call first; damaged notes are left out."""
        leftovers: list[Leftover] = []
        parties: dict[tuple[str, Speaker], KnownParty] = {}
        for notes in self._notes():
            try:
                leftover, party, done = _read(notes)
            except (OSError, ValueError, KeyError, TypeError) as error:
                log.warning("asr.notes_unreadable", file=str(notes), reason=repr(error))
                continue
            key = (party.call_id, party.speaker)
            number = int(notes.stem.rpartition("-")[2])
            self._next[key] = max(self._next.get(key, 0), number + 1)
            known = parties.setdefault(key, party)
            known.began_at = min(known.began_at, party.began_at)
            known.turns = max(known.turns, party.turns)
            if not done:
                leftovers.append(leftover)
        return leftovers, list(parties.values())

    def forget_call(self, call_id: str) -> None:
        """The call has ended: its folder goes unless audio waits there."""
        if self._root is None or not _CALL_ID.fullmatch(call_id):
            return
        folder = self._root / call_id
        if not any(folder.glob("*.pcm")):
            shutil.rmtree(folder, ignore_errors=True)
            for speaker in Speaker:
                self._next.pop((call_id, speaker), None)

    def forget_old(self) -> None:
        """Folders of calls without audio, of which nothing was heard for a day, go."""
        if self._root is None or not self._root.is_dir():
            return
        for folder in self._root.iterdir():
            if folder.is_dir() and time.time() - folder.stat().st_mtime > FORGOTTEN_S:
                self.forget_call(folder.name)

    def _notes(self) -> Iterator[Path]:
        if self._root is not None and self._root.is_dir():
            for folder in sorted(self._root.iterdir()):
                yield from sorted(folder.glob("*-*.jsonl"))


def _notes_of(base: Path) -> Path:
    return base.with_name(f"{base.name}.jsonl")


def _read(path: Path) -> tuple[Leftover, KnownParty, bool]:
    """One stream's notes; a last line cut by a kill is left out."""
    lines = path.read_bytes().split(b"\n")[:-1]
    head, *rest = [json.loads(line) for line in lines]
    speaker = Speaker(path.stem.rpartition("-")[0])
    call_id = path.parent.name
    base = path.with_name(path.stem)
    leftover = Leftover(base, call_id, speaker, str(head["line"]), int(head["clock_ms"]))
    party = KnownParty(
        call_id, speaker, datetime.fromisoformat(head["began_at"]), int(head["turns"])
    )
    done = False
    for row in rest:
        if "skip" in row:
            at_ms, gap_ms = row["skip"]
            leftover.skips.append((int(at_ms), int(gap_ms)))
        if "told" in row:
            end_ms, turn = row["told"]
            leftover.told.append((int(end_ms), int(turn)))
            party.turns = max(party.turns, int(turn) + 1)
        if "decoded_ms" in row:
            leftover.decoded_ms = max(leftover.decoded_ms, int(row["decoded_ms"]))
        party.turns = max(party.turns, int(row.get("turns", 0)))
        done = done or bool(row.get("done"))
    return leftover, party, done and not segments_of(base)
