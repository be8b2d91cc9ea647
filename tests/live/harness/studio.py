"""Recordings of known sound as prompts: voices would take their time to speak them."""

from __future__ import annotations

from pathlib import Path

from tests.live.harness.hotline import SPEECH, Hotline

ZH, EN = SPEECH / "05_bus_caller.wav", SPEECH / "13_wages_caller.wav"


def say(hotline: Hotline, *keys: str, zh: Path = ZH, en: Path = EN) -> None:
    """Let prompts be these recordings, from the next preparation on."""
    for lang, recording in (("zh", zh), ("en", en)):
        for key in keys:
            file = hotline.settings.prompts_dir / "studio" / lang / f"{key}.wav"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(recording.read_bytes())


def prompt(hotline: Hotline, key: str, lang: str = "zh") -> Path:
    """The prompt that callers hear."""
    return hotline.settings.prompts_dir / lang / f"{key}.wav"
