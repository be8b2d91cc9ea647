"""Reading the model's answer, which is as hostile as anything from outside.

A caller may have dictated it. What is not of the taxonomy, and what was not said, is left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from asr.extractor.redaction import HIDDEN
from asr.prefill.citing import Said
from asr.prefill.lexicon import lexicon
from asr.prefill.taxonomy import taxonomy

CONFIDENCE: Final = 0.6
"""Of every value of a model: fixed, for what it says of its own certainty is not calibrated."""
SOURCE: Final = "model"
LONGEST_TITLE, LONGEST_SUMMARY, LONGEST_TARGET = 40, 300, 40
SHORTEST_QUOTE: Final = 2
_FIGURES: Final = re.compile(r"[0-9A-Za-z]+")
_FENCE: Final = re.compile(r"^\s*```(?:json)?\s*(.*?)\s*```\s*$", re.DOTALL)


class AnswerError(ValueError):
    """The answer is not of the form that was asked for."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)

    value: str = Field(max_length=2000)
    quote: str = Field("", max_length=2000)


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)

    fields: dict[str, _Part | None]


def read_answer(text: str, sent: Sequence[Said], heard: Sequence[Said]) -> dict[str, Any]:
    """The values that can be believed: field → {value, evidence, confidence, source}.

    Args:
        text: what the model has said.
        sent: the redacted turns, to which it may point.
        heard: the same turns as they were heard, for the evidence's words.

    Raises:
        AnswerError: it is no JSON object of fields.
    """
    fenced = _FENCE.match(text)
    try:
        answer = _Answer.model_validate(json.loads(fenced[1] if fenced else text)).fields
    except (ValueError, ValidationError, RecursionError) as error:
        raise AnswerError(type(error).__name__) from error
    labels, leaves = taxonomy(), lexicon().categories
    found: dict[str, Any] = {}

    def keep(name: str, allowed: Any) -> str:
        part = answer.get(name)
        if part is None or part.value not in allowed:
            return ""
        spot = _spot(part.quote, sent, heard)
        if spot is None:
            return ""
        found[name] = _field(part.value, [spot])
        return part.value

    keep("request_type", labels.request_types)
    keep("district", labels.districts)
    if category := keep("category", leaves):
        evidence = found["category"]["evidence"]
        found["line"] = _field(leaves[category].line, evidence)
        found["department"] = _field(leaves[category].department, evidence)
    party = answer.get("target")
    if party is not None and len(party.value) <= LONGEST_TARGET:
        spot = _spot(party.value, sent, heard)
        if spot is not None and HIDDEN not in party.value:
            found["target"] = _field(party.value.strip(), [spot])
    for name, longest in (("title", LONGEST_TITLE), ("summary", LONGEST_SUMMARY)):
        part = answer.get(name)
        if part is not None and _is_plain(part.value, longest, sent):
            found[name] = _field(part.value.strip(), [])
    return found


def _field(value: str, evidence: list[dict[str, Any]]) -> dict[str, Any]:
    return {"value": value, "evidence": evidence, "confidence": CONFIDENCE, "source": SOURCE}


def _spot(quote: str, sent: Sequence[Said], heard: Sequence[Said]) -> dict[str, Any] | None:
    """Where the words were said; blanks and punctuation aside, they must be there as they are."""
    wanted = "".join(char for char in quote if char.isalnum())
    if len(wanted) < SHORTEST_QUOTE:
        return None
    for redacted, original in zip(sent, heard, strict=True):
        places = [at for at, char in enumerate(redacted.text) if char.isalnum()]
        at = "".join(redacted.text[place] for place in places).find(wanted)
        if at >= 0:
            start, end = places[at], places[at + len(wanted) - 1] + 1
            return {
                "speaker": original.speaker,
                "turn": original.turn,
                "start": start,
                "end": end,
                "words": original.text[start:end],
            }
    return None


def _is_plain(text: str, longest: int, sent: Sequence[Said]) -> bool:
    """One paragraph that names no figure, letter or hidden word that was not said."""
    if not text.strip() or len(text) > longest or HIDDEN in text or not text.isprintable():
        return False
    said = " ".join(one.text for one in sent)
    return all(one in said for one in _FIGURES.findall(text))
