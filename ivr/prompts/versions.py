"""Recordings that people brought, every version kept: who, when, and the way back."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import soundfile

from ivr.prompts import shaping
from ivr.prompts.interfaces import Language, Sound
from ivr.prompts.levels import LONGEST_S, faults, measure
from ivr.prompts.sources import studio_recording
from ivr.prompts.wavefile import UnreadableSoundError, read_sound, write_wav

SHORTEST_S = 0.5
# Before it is decoded: a small file may hold hours.
_LONGEST_READ_S = 600.0
_SILENT_DBFS = -50.0
_HISTORY = "history.jsonl"


class UnfitRecordingError(Exception):
    """A recording that callers should not hear; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change of what is heard.

    Attributes:
        at: ISO 8601, UTC.
        who: did it.
        action: ``import``; ``adopt``: it lay in the studio folder before; ``rollback``.
        version: in use from then on; 0: the voice speaks.
        original: name of the file that was imported.
        sha256: of the version's file.
        seconds: its length.
    """

    at: str
    who: str
    action: Literal["import", "adopt", "rollback"]
    version: int
    original: str = ""
    sha256: str = ""
    seconds: float = 0.0


def fit_recording(file: Path) -> Sound:
    """Read a recording and check that it can be understood on the telephone.

    Raises:
        UnreadableSoundError: it is no audio file of a known format (M4A is not one).
        UnfitRecordingError: it is silent, clipped, too short or too long.
    """
    try:
        length_s = float(soundfile.info(file).duration)
    except (soundfile.SoundFileError, OSError, RuntimeError) as error:
        raise UnreadableSoundError(
            f"{file} cannot be read; convert it to WAV, MP3, OGG or FLAC: {error}"
        ) from error
    if length_s > _LONGEST_READ_S:
        raise UnfitRecordingError(f"is too long ({length_s:.0f} s, at most {LONGEST_S:.0f})")
    sound = read_sound(file)
    level = measure(sound)
    if level.active_dbfs < _SILENT_DBFS:
        raise UnfitRecordingError("is silent")
    found = [f"is clipped in {level.clipped_runs} places"] if level.clipped_runs else []
    heard = shaping.to_telephone(sound)
    if heard.duration_s < SHORTEST_S:
        found.append(f"is too short ({heard.duration_s:.1f} s, at least {SHORTEST_S:g})")
    found += faults(heard)
    if found:
        raise UnfitRecordingError(", ".join(found))
    return sound


class RecordingVersions:
    """All versions of the recording of one prompt in one language. Blocking.

    They lie in ``studio/versions/<lang>/<key>/<n>.wav`` beside their history; the one in use is
    ``studio/<lang>/<key>.wav``, from which the prompts are rendered.
    """

    def __init__(self, prompts_dir: Path, lang: Language, key: str) -> None:
        """The caller has checked that ``key`` is a prompt's."""
        self._prompts_dir, self._lang, self._key = prompts_dir, lang, key
        self._folder = prompts_dir / "studio" / "versions" / lang / key
        self._in_use = prompts_dir / "studio" / lang / f"{key}.wav"

    def history(self) -> list[Change]:
        """All changes, oldest first.

        Raises:
            OSError: the history cannot be read.
            ValueError: it is damaged.
        """
        file = self._folder / _HISTORY
        if not file.exists():
            return []
        lines = file.read_text(encoding="utf-8").splitlines()
        try:
            return [Change(**json.loads(line)) for line in lines]
        except (TypeError, ValueError) as error:
            raise ValueError(f"{file} is damaged: {error}") from error

    def add(self, file: Path, who: str) -> Change:
        """Take a recording into use.

        Raises:
            UnreadableSoundError: it is no audio file of a known format.
            UnfitRecordingError: callers should not hear it.
            OSError: it cannot be kept.
            ValueError: the history is damaged.
        """
        sound = fit_recording(file)
        with self._only_one():
            self._adopt()
            return self._keep(sound, who, "import", file.name)

    def roll_back(self, version: int, who: str) -> Change:
        """Use an earlier version again; 0: no recording, the voice speaks.

        Raises:
            LookupError: there is no such version, or it was altered.
            OSError: it cannot be used.
            ValueError: the history is damaged.
        """
        with self._only_one():
            self._adopt()
            if version == 0:
                self._in_use.unlink(missing_ok=True)
                return self._note(Change(_now(), who, "rollback", 0))
            kept = next((c for c in self.history() if c.version == version and c.sha256), None)
            file = self._folder / f"{version}.wav"
            if kept is None or not file.is_file():
                raise LookupError(f"{self._lang}/{self._key} has no version {version}")
            if _sha256(file) != kept.sha256:
                raise LookupError(f"{file} is not what was imported as version {version}")
            write_wav(self._in_use, read_sound(file))
            return self._note(
                Change(
                    *(_now(), who, "rollback", version),
                    original=kept.original,
                    sha256=kept.sha256,
                    seconds=kept.seconds,
                )
            )

    def _adopt(self) -> None:
        """Keep what somebody laid into the studio folder by hand, before it is replaced."""
        laid = studio_recording(self._prompts_dir, self._lang, self._key)
        changes = self.history()
        if laid is None:
            return
        if laid != self._in_use or not changes or _sha256(laid) != changes[-1].sha256:
            try:
                self._keep(read_sound(laid), "", "adopt", laid.name)
            except UnreadableSoundError:
                laid.replace(laid.with_name(f".{laid.name}.unreadable"))
                return
        if laid != self._in_use:
            laid.unlink()

    def _keep(
        self, sound: Sound, who: str, action: Literal["import", "adopt"], original: str
    ) -> Change:
        version = 1 + max((change.version for change in self.history()), default=0)
        file = self._folder / f"{version}.wav"
        write_wav(file, sound)
        write_wav(self._in_use, sound)
        seconds = round(sound.duration_s, 2)
        return self._note(Change(_now(), who, action, version, original, _sha256(file), seconds))

    def _note(self, change: Change) -> Change:
        with (self._folder / _HISTORY).open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(change), ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
        return change

    @contextmanager
    def _only_one(self) -> Iterator[None]:
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
