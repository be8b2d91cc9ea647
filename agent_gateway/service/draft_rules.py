"""The rules of the pre-fill as the drafter of tickets wants them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from asr.prefill import Prefiller
from asr.prefill.citing import Said, cited


class DraftRules:
    """Guesses as plain values."""

    def __init__(self, prefiller: Prefiller) -> None:
        self._prefiller = prefiller

    def prefill(self, transcript_row: dict[str, Any]) -> Mapping[str, Any]:
        """Field -> {value, evidence, confidence}, the evidence as :func:`cited` gives it."""
        session = self._prefiller.hear_all(transcript_row)
        said = [Said(one["speaker"], one["turn"], one["text"]) for one in transcript_row["turns"]]
        guesses = session.fields | session.wording
        return {name: cited(guess, said) for name, guess in guesses.items()}
