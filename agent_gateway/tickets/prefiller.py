"""What fills a ticket from a transcript."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Prefiller(Protocol):
    """Extracts a ticket's fields from what was said."""

    def prefill(self, transcript_row: dict[str, Any]) -> Mapping[str, Any]:
        """Guess the fields. Blocks; called in a worker thread; may raise anything.

        Args:
            transcript_row: ``id`` (call id), ``call_date`` (ISO 8601 with the city's offset),
                ``dialled``, ``cli``, ``turns`` as a list of {who: agent|caller, text,
                speaker, turn}, the last two as in the transcript.

        Returns:
            Field -> {value, evidence, confidence}; a bare value is taken as the value alone.
        """
