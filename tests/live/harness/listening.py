"""What a caller hears while waiting: prompts, and never silence for long."""

from __future__ import annotations

import asyncio

import numpy as np

from telephony.testphone import PhoneCall
from tests.live.harness.audio import RATE_HZ, Samples, likeness, samples, silences
from tests.live.harness.hotline import Hotline, until

_WAV_HEADER_BYTES = 44
_LOOKED_BACK_S = 5


def prompt_sound(hotline: Hotline, key: str, language: str = "zh") -> Samples:
    """What callers hear of a prompt."""
    return samples(hotline.settings.prompts_dir / language / f"{key}.wav")[:, 0]


async def hears(hotline: Hotline, call: PhoneCall, prompt: str, language: str = "zh") -> None:
    """Return once the telephone has heard the whole of a prompt."""
    wanted = prompt_sound(hotline, prompt, language)

    async def heard() -> bool:
        # The file is still growing, so its header does not tell the length yet.
        if not call.heard.exists():
            return False
        raw = (await asyncio.to_thread(call.heard.read_bytes))[_WAV_HEADER_BYTES:]
        sound = np.frombuffer(raw[: len(raw) // 2 * 2], dtype="<i2").astype(np.float64)
        sound = sound[-len(wanted) - _LOOKED_BACK_S * RATE_HZ :]
        return await asyncio.to_thread(likeness, sound, wanted) > 0.7

    await until(heard, f"{prompt} in the ear of {call.caller}", 60)


def longest_silence(call: PhoneCall, began_s: float, ended_s: float) -> float:
    """The longest silence, in seconds, that an ended call heard between two of its seconds.

    Seconds count from the beginning of the call. What was heard is written down to the end of the
    call, packet by packet: it is laid out from its end, and whatever is missing from it (nothing
    came at all) is counted as silence, too.
    """
    heard = samples(call.heard)[:, 0]
    ended = next(event.at_s for event in call.events if event.kind == "ended")
    answered = next(event.at_s for event in call.events if event.kind == "answered")
    begins = ended - len(heard) / RATE_HZ
    missing = max(0.0, begins - answered)
    gaps = [
        min(to + begins, ended_s) - max(since + begins, began_s) for since, to in silences(heard)
    ]
    return max([missing, *gaps])
