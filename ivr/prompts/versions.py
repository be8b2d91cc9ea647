"""Recordings that people brought, every version kept: who, when, and the way back."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from config.versions import Change, Versions, now_text, replace_file, sha256
from ivr.prompts import shaping
from ivr.prompts.decoding import UnfitRecordingError, decode
from ivr.prompts.interfaces import Language, Sound
from ivr.prompts.levels import faults, measure
from ivr.prompts.sources import studio_recording
from ivr.prompts.wavefile import UnreadableSoundError, read_sound, wav_bytes

__all__ = ["RecordingVersions", "UnfitRecordingError", "fit_recording"]

SHORTEST_S = 0.5
_SILENT_DBFS = -50.0


def fit_recording(file: Path) -> Sound:
    """Read a recording and check that it can be understood on the telephone.

    Raises:
        UnreadableSoundError: it is no audio file of a known format.
        UnfitRecordingError: it is silent, clipped, cut off, too short or too long.
    """
    sound = decode(file)
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
        self._kept = Versions(prompts_dir / "studio" / "versions" / lang / key, ".wav")
        self._in_use = prompts_dir / "studio" / lang / f"{key}.wav"

    def history(self) -> list[Change]:
        """All changes, oldest first.

        Raises:
            OSError: the history cannot be read.
            ValueError: it is damaged.
        """
        return self._kept.history()

    def add(self, file: Path, who: str, original: str = "") -> Change:
        """Take a recording into use.

        Args:
            file: the recording.
            who: brings it.
            original: its name, if the file is called otherwise here.

        Raises:
            UnreadableSoundError: it is no audio file of a known format.
            UnfitRecordingError: callers should not hear it.
            OSError: it cannot be kept.
            ValueError: the history is damaged.
        """
        sound = fit_recording(file)
        with self._kept.only_one():
            self._adopt()
            return self._keep(sound, who, "import", original or file.name)

    def roll_back(self, version: int, who: str) -> Change:
        """Use an earlier version again; 0: no recording, the voice speaks.

        Raises:
            LookupError: there is no such version, or it was altered.
            OSError: it cannot be used.
            ValueError: the history is damaged.
        """
        with self._kept.only_one():
            self._adopt()
            if version == 0:
                self._in_use.unlink(missing_ok=True)
                return self._kept.note(Change(now_text(), who, "rollback", 0))
            kept, content = self._kept.content(version)
            replace_file(self._in_use, content)
            return self._kept.note(
                Change(
                    *(now_text(), who, "rollback", version),
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
        if laid != self._in_use or not changes or sha256(laid.read_bytes()) != changes[-1].sha256:
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
        content = wav_bytes(sound)
        change = self._kept.keep(content, who, action, original, round(sound.duration_s, 2))
        replace_file(self._in_use, content)
        return change
