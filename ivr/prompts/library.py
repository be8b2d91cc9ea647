"""Finding a prompt's audio by key and language."""

from __future__ import annotations

import re
from pathlib import Path

from ivr.prompts.wavefile import wav_duration_s

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")
_FALLBACK = "zh"


def is_prompt_key(key: str) -> bool:
    """Whether ``key`` may name a prompt: letters, digits, hyphens and underscores, 80 at most."""
    return _KEY.fullmatch(key) is not None


class PromptLibrary:
    """The prompts of one installation. A prompt missing in a language is played in Chinese."""

    def __init__(self, prompts_dir: Path) -> None:
        """Args: prompts_dir: the folder with one folder per language."""
        self._dir = prompts_dir.resolve()
        self._durations: dict[tuple[Path, int], float] = {}

    def path(self, key: str, lang: str) -> Path | None:
        """The absolute path without its extension, as Asterisk wants it; None when there is none.

        Raises:
            ValueError: when ``key`` cannot be a prompt's name.
        """
        file = self._file(key, lang)
        return None if file is None else file.with_suffix("")

    def duration_s(self, key: str, lang: str) -> float:
        """How long the prompt that ``path`` would give plays, in seconds; 0.0 when there is none.

        Raises:
            ValueError: when ``key`` cannot be a prompt's name.
        """
        file = self._file(key, lang)
        if file is None:
            return 0.0
        try:
            version = (file, file.stat().st_mtime_ns)
        except OSError:
            return 0.0
        if version not in self._durations:
            self._durations[version] = wav_duration_s(file)
        return self._durations[version]

    def _file(self, key: str, lang: str) -> Path | None:
        if not is_prompt_key(key):
            raise ValueError(f"{key!r} cannot be the name of a prompt")
        for folder in dict.fromkeys((lang if lang in ("zh", "en") else _FALLBACK, _FALLBACK)):
            file = self._dir / folder / f"{key}.wav"
            if file.is_file():
                return file
        return None
