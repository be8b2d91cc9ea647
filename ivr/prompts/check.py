"""Whether every prompt is there and fit to be heard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from config.numberplan import Text
from ivr.prompts.interfaces import LANGUAGES
from ivr.prompts.levels import faults
from ivr.prompts.render import has_hold_music, read_manifest
from ivr.prompts.speech.tones import Tones
from ivr.prompts.wavefile import UnreadableSoundError, read_sound


@dataclass(frozen=True, slots=True)
class PromptFault:
    """One thing that a caller would notice.

    Attributes:
        prompt: ``<lang>/<key>``.
        fault: what is wrong, e.g. ``is clipped in 3 places``.
    """

    prompt: str
    fault: str


def check_prompts(prompts_dir: Path, texts: Mapping[str, Text]) -> list[PromptFault]:
    """Every fault of every prompt that ``texts`` asks for; empty when all is well. Blocking."""
    manifest = read_manifest(prompts_dir)
    found: list[PromptFault] = []
    for name in [f"{lang}/{key}" for lang in LANGUAGES for key in sorted(texts)]:
        if manifest.get(name, {}).get("voice") == Tones.name:
            found.append(PromptFault(name, "is three notes, since no voice could speak it"))
        found += _faults_of(prompts_dir / f"{name}.wav", name)
    if not has_hold_music(prompts_dir):
        found.append(PromptFault("moh", "is empty: callers on hold hear nothing"))
    return found


def _faults_of(file: Path, name: str) -> list[PromptFault]:
    if not file.is_file():
        return [PromptFault(name, "is missing; run: hotline prompts render")]
    try:
        sound = read_sound(file)
    except UnreadableSoundError:
        return [PromptFault(name, "is no audio file")]
    return [PromptFault(name, fault) for fault in faults(sound)]
