"""A whole hotline to be measured: settings as shipped, but short tones for prompts."""

from __future__ import annotations

import contextlib
import wave
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from tests.live.harness.hotline import Hotline

TONE_S = 0.2
# Of the width that is shipped, below the kernel's ephemeral ports.
RTP = {"rtp_start": 30000, "rtp_end": 30999}


@contextlib.asynccontextmanager
async def hotline_with_tones(**sections: dict[str, Any]) -> AsyncIterator[Hotline]:
    """A running hotline whose every prompt is a tone, so that no greeting's length is measured."""
    hotline = Hotline.make(asterisk=RTP, **sections)
    try:
        await hotline.start()
        for file in hotline.settings.prompts_dir.glob("*/*.wav"):
            _write_tone(file)
        yield hotline
    finally:
        await hotline.stop()


def _write_tone(file: Path) -> None:
    with wave.open(str(file), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(b"\x00\x10\x00\xf0" * int(TONE_S * 4000))
