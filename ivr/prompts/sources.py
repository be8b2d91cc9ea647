"""Where a prompt's audio comes from: a studio recording, an earlier rendering, or a voice now."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from ivr.prompts import shaping
from ivr.prompts.interfaces import Language, Sound, Synthesiser, SynthesisError
from ivr.prompts.wavefile import RECORDING_SUFFIXES, UnreadableSoundError, read_sound, write_wav

# Spoken texts that came with the package, see ``ship``.
READY = Path(__file__).parent / "ready"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Source:
    """Where audio came from.

    Attributes:
        fingerprint: equal for audio that would be equal; changes with text, voice or recording.
        voice: the voice's name, or ``studio``.
    """

    fingerprint: str
    voice: str


def studio_recording(prompts_dir: Path, lang: Language, key: str) -> Path | None:
    """``studio/<lang>/<key>.<wav|flac|ogg|opus|mp3|aiff>``, if somebody put it there."""
    for suffix in RECORDING_SUFFIXES:
        file = prompts_dir / "studio" / lang / f"{key}{suffix}"
        if file.is_file():
            return file
    return None


def recording_source(file: Path) -> Source:
    """Identity of a studio recording, by its content.

    Raises:
        OSError: when it cannot be read.
    """
    return Source(_digest("studio", hashlib.sha256(file.read_bytes()).hexdigest()), "studio")


def voice_source(voice: Synthesiser, text: str, lang: Language) -> Source:
    """Identity of a text spoken by a voice."""
    return Source(_digest(voice.name, voice.version, lang, text), voice.name)


def _digest(*parts: str) -> str:
    recipe = json.dumps([shaping.RECIPE, *parts], ensure_ascii=False)
    return hashlib.sha256(recipe.encode()).hexdigest()[:32]


class RenderedSpeech:
    """Spoken texts ready for the telephone, kept by fingerprint so that nothing is spoken twice."""

    def __init__(self, cache_dir: Path, voices: Sequence[Synthesiser]) -> None:
        """Args: cache_dir: may be shared by processes; voices: in order of preference."""
        self._cache = cache_dir
        self._voices = voices

    def best_source(self, text: str, lang: Language) -> Source:
        """What ``get`` would give if the preferred voice works."""
        return voice_source(self._voices[0], text, lang)

    def get(self, text: str, lang: Language) -> tuple[Sound, Source, bool]:
        """The sound, where it is from, and whether it had to be spoken now.

        Raises:
            SynthesisError: when no voice can speak the text.
        """
        reason = "no voice is installed"
        for voice in self._voices:
            source = voice_source(voice, text, lang)
            kept = self._kept(source.fingerprint)
            if kept is not None:
                return kept, source, False
            try:
                sound = shaping.to_telephone(voice.synthesise(text, lang))
            except SynthesisError as error:
                reason = str(error)
                log.warning("prompt.voice_failed", voice=voice.name, reason=reason)
                continue
            self._keep(source.fingerprint, sound)
            return sound, source, True
        raise SynthesisError(reason)

    def _kept(self, fingerprint: str) -> Sound | None:
        file = self._cache / f"{fingerprint}.wav"
        shipped = READY / f"{fingerprint}.flac"
        try:
            if file.is_file():
                return read_sound(file)
            if shipped.is_file():
                return read_sound(shipped)
        except UnreadableSoundError as error:
            log.warning("prompt.cache_damaged", reason=str(error))
        return None

    def _keep(self, fingerprint: str, sound: Sound) -> None:
        try:
            write_wav(self._cache / f"{fingerprint}.wav", sound)
        except OSError as error:
            log.warning("prompt.cache_unwritable", folder=str(self._cache), reason=str(error))
