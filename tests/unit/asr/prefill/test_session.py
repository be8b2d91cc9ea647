from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr.prefill import FIELDS, FieldGuess, Prefiller, TranscriptError

FIXTURES = Path(__file__).parents[3] / "fixtures" / "prefill"
SHARED = Prefiller()
WORDS = (
    *"我姓魏幺三八九零路是三的个十号月到从和叫",
    "不对",
    "城关区",
    "雁滩",
    "号楼",
    "昨天",
    "上周",
    "着火",
    "仲裁",
    "甘A",
    "公司",
    "投诉",
    "举报",
    "转接",
    "幺幺九",
    "先生",
    "女士",
    "请问",
    "保密",
    "工单",
    "查到了",
)
SPEECH = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from(WORDS), max_size=25).map("".join),
    st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join),
)
TURNS = st.lists(st.tuples(st.sampled_from(("agent", "caller")), SPEECH), max_size=8)


def rows(name: str) -> list[dict[str, Any]]:
    lines = (FIXTURES / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def row_of(turns: list[tuple[str, str]]) -> dict[str, Any]:
    return {
        "id": "any",
        "call_date": "2026-07-15T10:00:00+08:00",
        "dialled": "12345",
        "cli": "13800001111",
        "turns": [{"who": who, "text": text} for who, text in turns],
    }


def check_evidence(fields: dict[str, FieldGuess], texts: list[str]) -> None:
    for guess in fields.values():
        assert 0.0 <= guess.confidence <= 1.0
        for spot in guess.evidence:
            assert 0 <= spot.turn < len(texts)
            assert 0 <= spot.start < spot.end <= len(texts[spot.turn])


@settings(max_examples=150, deadline=None)
@given(TURNS)
def test_given_any_text_when_prefilled_then_all_fields_come_with_evidence_in_range(
    turns: list[tuple[str, str]],
) -> None:
    fields = SHARED.prefill(row_of(turns))
    assert tuple(fields) == FIELDS
    check_evidence(fields, [text for _, text in turns])


@settings(max_examples=40, deadline=None)
@given(TURNS)
def test_given_any_turns_when_added_one_by_one_then_the_outcome_is_that_of_the_whole(
    turns: list[tuple[str, str]],
) -> None:
    session = SHARED.start("2026-07-15T10:00:00+08:00", "12345", "13800001111")
    shown = {key: guess.value for key, guess in session.fields.items()}
    for who, text in turns:
        for key, guess in session.add_turn("agent" if who == "agent" else "caller", text).items():
            assert shown[key] != guess.value
            shown[key] = guess.value
    whole = {key: guess.value for key, guess in SHARED.prefill(row_of(turns)).items()}
    assert shown == whole


@pytest.mark.parametrize("name", ["dev.jsonl", "own.jsonl"])
def test_given_real_transcripts_when_prefilled_then_evidence_lies_within_the_turns(
    name: str,
) -> None:
    for row in rows(name):
        check_evidence(SHARED.prefill(row), [turn["text"] for turn in row["turns"]])


def test_given_a_spaced_turn_when_a_number_is_found_then_evidence_covers_it_as_given() -> None:
    session = SHARED.start("2026-07-15T10:00:00+08:00", "12345", "13800001111")
    session.add_turn("agent", "电话 呢")
    changed = session.add_turn("caller", "用 幺 三 九 零 零 零 零 二 二 二 二 吧")
    (spot,) = changed["callback_phone"].evidence
    said = "用 幺 三 九 零 零 零 零 二 二 二 二 吧"[spot.start : spot.end]
    assert said == "幺 三 九 零 零 零 零 二 二 二 二"


def test_given_a_later_correction_when_added_then_only_the_changed_field_is_reported() -> None:
    session = SHARED.start("2026-07-15T10:00:00+08:00", "12345", "13800001111")
    session.add_turn("caller", "我要投诉公交车不停站一百三十一路")
    assert session.fields["target"].value == "131路"
    changed = session.add_turn("caller", "不对是幺三七路")
    assert {key: guess.value for key, guess in changed.items()} == {"target": "137路"}


def test_given_the_same_call_twice_when_prefilled_then_the_outcome_is_the_same() -> None:
    for row in rows("dev.jsonl")[:5]:
        assert SHARED.prefill(row) == Prefiller().prefill(row)


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"call_date": None}, "call_date"),
        ({"call_date": "yesterday"}, "call_date"),
        ({"cli": 138}, "cli"),
        ({"turns": {}}, "turns"),
        ({"turns": ["hello"]}, "turns.0"),
        ({"turns": [{"who": "agent"}]}, "turns.0"),
        ({"turns": [{"who": "robot", "text": ""}]}, "turns.0.who"),
    ],
)
def test_given_a_malformed_row_when_prefilled_then_the_error_names_the_key(
    change: dict[str, Any], key: str
) -> None:
    with pytest.raises(TranscriptError, match=key):
        SHARED.prefill({**row_of([]), **change})
