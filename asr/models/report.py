"""How fetching a model talks to whoever waits for it."""

from __future__ import annotations

from typing import Protocol


class FetchError(Exception):
    """A model cannot be had; the message is one plain sentence that says what to do."""


class Reporter(Protocol):
    """Shows progress. Called from the thread that fetches."""

    def say(self, sentence: str) -> None:
        """Something the operator should know."""

    def progress(self, what: str, done: int, total: int | None) -> None:
        """``done`` of ``total`` bytes (None: unknown) of ``what``."""


class Silent:
    """A reporter for nobody."""

    def say(self, sentence: str) -> None:
        """Nothing."""

    def progress(self, what: str, done: int, total: int | None) -> None:
        """Nothing."""
