"""Matters that may not be taken on, and wishes for secrecy, in many wordings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from asr.prefill import Prefiller
from asr.prefill.acceptance import rejection
from asr.prefill.model import Speaker
from asr.prefill.secrecy import confidential
from asr.prefill.text import Utterance

_FIXTURES = Path("tests/fixtures/prefill")
_REFUSALS: dict[str, list[Any]] = json.loads((_FIXTURES / "refusals.json").read_text("utf-8"))
_SECRECY: dict[str, list[str]] = json.loads((_FIXTURES / "secrecy.json").read_text("utf-8"))


def _turns(prefiller: Prefiller, lines: list[str]) -> list[Utterance]:
    who: dict[str, Speaker] = {"a": "agent", "c": "caller"}
    return [prefiller.read(n, who[line[0]], line[2:]) for n, line in enumerate(lines)]


@pytest.mark.parametrize("case", _REFUSALS["refused"], ids=lambda case: case["lines"][1])
def test_given_a_ground_when_the_agent_refuses_in_any_words_then_it_is_the_reason(
    prefiller: Prefiller, case: dict[str, Any]
) -> None:
    found = rejection(_turns(prefiller, case["lines"]))
    assert found is not None
    assert found[0] == case["reason"]


@pytest.mark.parametrize("lines", _REFUSALS["accepted"], ids=lambda lines: lines[0])
def test_given_a_body_only_mentioned_or_advised_when_taken_down_then_it_is_accepted(
    prefiller: Prefiller, lines: list[str]
) -> None:
    assert rejection(_turns(prefiller, lines)) is None


@pytest.mark.parametrize("said", _SECRECY["secret"])
def test_given_a_wish_for_secrecy_when_worded_anyhow_then_it_is_kept(
    prefiller: Prefiller, said: str
) -> None:
    assert confidential(_turns(prefiller, [f"c {said}"])).value is True


@pytest.mark.parametrize("said", _SECRECY["open"])
def test_given_similar_words_when_no_secrecy_is_asked_for_then_there_is_none(
    prefiller: Prefiller, said: str
) -> None:
    assert confidential(_turns(prefiller, [f"c {said}"])).value is False
