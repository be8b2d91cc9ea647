"""An installation in a temporary folder, and voices that cost nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from config.numberplan import Text
from config.settings import Settings
from ivr.prompts import Language, Sound, SynthesisError


class Hum:
    """A voice that hums; counts what it was asked."""

    def __init__(self, name: str = "hum", version: str = "1", hertz: float = 500.0) -> None:
        self.name = name
        self.version = version
        self.said: list[tuple[str, str]] = []
        self._hertz = hertz

    def synthesise(self, text: str, lang: Language) -> Sound:
        self.said.append((lang, text))
        return tone(self._hertz, 0.5 + 0.01 * len(text), rate=16000)


class Mute:
    """A voice that is not installed."""

    name = "mute"
    version = "1"

    def synthesise(self, text: str, lang: Language) -> Sound:
        raise SynthesisError("not installed")


def tone(hertz: float, seconds: float, *, rate: int = 8000, gain: float = 0.3) -> Sound:
    time = np.arange(round(seconds * rate)) / rate
    return Sound((gain * np.sin(2 * np.pi * hertz * time)).astype(np.float32), rate)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(install_dir=tmp_path / "install", data_dir=tmp_path / "data")


@pytest.fixture
def texts() -> dict[str, Text]:
    return {
        "greeting-12345": Text(zh="您好。", en="Hello."),
        "queue-wait": Text(zh="请稍候。", en="Please hold."),
    }
