"""The caller's side of the IVR, on top of an AGI session."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from config.numberplan import Language
from ivr.fastagi import AgiSession, Keys, PlaybackFailed
from telephony.events import EventBus, IvrStep

ALL_KEYS = "0123456789*#"
# For the lease of a prompt whose duration cannot be read.
UNKNOWN_DURATION_S = 30.0


class EmergencyPressed(Exception):  # noqa: N818  # something that callers do, not a fault
    """The caller pressed the emergency key."""


class PromptSource(Protocol):
    """Finds the audio of a prompt."""

    def path(self, key: str, lang: str) -> Path | None:
        """Absolute path without extension; None when there is no such prompt."""

    def duration_s(self, key: str, lang: str) -> float:
        """Seconds; 0.0 when unknown."""


class Conversation:
    """One caller and what is said to them.

    Keys are used here and told nowhere: Asterisk itself reports each of them once (DTMFEnd).
    A prompt that is missing or cannot be played is left out and logged; the call goes on.
    """

    def __init__(
        self,
        session: AgiSession,
        prompts: PromptSource,
        bus: EventBus,
        language: Language,
        *,
        emergency_key: str = "",
    ) -> None:
        self.session = session
        self.emergency_key = emergency_key
        self.language: Language = language
        self._prompts = prompts
        self._bus = bus

    async def say(self, key: str, escape: str = "") -> str | None:
        """Play a prompt; returns the key of ``escape`` that cut it short, if one did.

        Raises:
            EmergencyPressed: the emergency key did, and it is not one of ``escape``.
        """
        path, lasts_s = await self._find(key)
        if path is None:
            return None
        emergency = self.emergency_key if self.emergency_key not in escape else ""
        try:
            pressed = await self.session.stream_file(path, escape + emergency, lasts_s=lasts_s)
        except PlaybackFailed as error:
            self.session.log.warning("prompt.not_played", prompt=key, reason=str(error))
            return None
        if pressed and pressed == emergency:
            raise EmergencyPressed
        return pressed

    async def say_all(self, keys: Iterable[str], escape: str = "") -> str | None:
        """Play prompts one after the other until one is cut short; returns the key that did it."""
        for key in keys:
            digit = await self.say(key, escape)
            if digit is not None:
                return digit
        return None

    async def can_say(self, key: str) -> bool:
        """Whether there is audio for the prompt."""
        path, _ = await self._find(key)
        return path is not None

    async def wait_key(self, seconds: float) -> str | None:
        """The next key within ``seconds``, or None."""
        return await self.session.wait_for_digit(seconds)

    async def ask_number(
        self, key: str, *, digit_s: float, max_digits: int, limit_s: float
    ) -> Keys | None:
        """Play a prompt and collect a number up to #; None when the prompt cannot be played."""
        path, lasts_s = await self._find(key)
        if path is None:
            return None
        try:
            return await self.session.get_data(
                path, lasts_s=lasts_s, digit_s=digit_s, max_digits=max_digits, limit_s=limit_s
            )
        except PlaybackFailed as error:
            self.session.log.warning("prompt.not_played", prompt=key, reason=str(error))
            return None

    def note(self, step: str, detail: str = "", *, private: bool = False) -> None:
        """Tell the system which way the caller went; ``private``: not the detail in the log."""
        self.session.log.info("ivr.step", step=step, detail="…" if private else detail)
        self._bus.publish(
            IvrStep(at=datetime.now(UTC), call_id=self.session.call_id, step=step, detail=detail)
        )

    async def _find(self, key: str) -> tuple[Path | None, float]:
        def look() -> tuple[Path | None, float]:
            path = self._prompts.path(key, self.language)
            return path, self._prompts.duration_s(key, self.language) if path else 0.0

        try:
            path, lasts_s = await asyncio.to_thread(look)
        except (OSError, ValueError):
            self.session.log.exception("prompt.unreadable", prompt=key)
            return None, 0.0
        if path is None:
            self.session.log.error("prompt.missing", prompt=key, language=self.language)
        return path, lasts_s or UNKNOWN_DURATION_S
