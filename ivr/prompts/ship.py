"""Speaks the texts this package ships with, once, for everybody: ``python -m ivr.prompts.ship``.

Speaking all of them takes minutes, so the results travel with the code (``ready/``, FLAC, named by
fingerprint). To be run, and its result committed, whenever a shipped text or the voice changes.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import soundfile

from config.menus import load_menus
from config.numberplan import Text, load_number_plan
from config.settings import CitySettings
from ivr.prompts.catalogue import load_shared_texts, prompt_texts
from ivr.prompts.interfaces import LANGUAGES, Language
from ivr.prompts.sources import READY, RenderedSpeech, voice_source
from ivr.prompts.speech.kokoro import KokoroVoice


def shipped_texts() -> dict[str, Text]:
    """What the default number plan, menus and prompts say."""
    menus = load_menus(None)
    plan = load_number_plan(None, CitySettings(), menus.entries)
    return prompt_texts(plan, menus, load_shared_texts())


def ready_files() -> dict[Path, tuple[Language, str]]:
    """The files that should be in ``ready/``: (language, key) by path."""
    return {
        READY / f"{voice_source(KokoroVoice(), text.get(lang), lang).fingerprint}.flac": (lang, key)
        for lang in LANGUAGES
        for key, text in shipped_texts().items()
    }


def main() -> None:
    """Speak what is missing, remove what nobody asks for any more."""
    wanted, texts = ready_files(), shipped_texts()
    for stale in set(READY.glob("*.flac")) - wanted.keys():
        stale.unlink()
    with tempfile.TemporaryDirectory() as cache:
        speech = RenderedSpeech(Path(cache), (KokoroVoice(),))
        for file, (lang, key) in wanted.items():
            if not file.exists():
                sys.stderr.write(f"{lang}/{key}\n")
                sound, _, _ = speech.get(texts[key].get(lang), lang)
                soundfile.write(file, sound.samples, sound.rate, subtype="PCM_16")


if __name__ == "__main__":
    main()
