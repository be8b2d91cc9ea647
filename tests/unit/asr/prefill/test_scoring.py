from __future__ import annotations

from typing import Any

import pytest

from asr.prefill import FIELDS, Prefiller
from asr.prefill.scoring import Report, character_f1, score_rows
from tests.unit.asr.prefill.test_session import rows

NOTHING: dict[str, Any] = dict.fromkeys(FIELDS)


def one(field: str, guess: Any, gold: Any) -> tuple[int, int, int]:
    report = Report()
    report.add("x", {**NOTHING, field: guess}, {**NOTHING, field: gold})
    score = report.fields[field]
    return score.true_positive, score.false_positive, score.false_negative


@pytest.mark.parametrize(
    ("field", "guess", "gold", "counts"),
    [
        ("caller_name", "王", "王", (1, 0, 0)),
        ("caller_name", "王", "汪", (0, 1, 1)),
        ("caller_name", "王", None, (0, 1, 0)),
        ("caller_name", None, "王", (0, 0, 1)),
        ("caller_name", None, None, (0, 0, 0)),
        ("confidential", True, True, (1, 0, 0)),
        ("confidential", False, False, (0, 0, 0)),
        ("confidential", False, True, (0, 0, 1)),
        ("accepted", False, False, (1, 0, 0)),
        ("accepted", True, True, (0, 0, 0)),
        ("accepted", False, True, (0, 1, 0)),
        ("address", "西站十字路口", "西站 十字", (1, 0, 0)),
        ("address", "西站", "雁滩天庆嘉园9号楼", (0, 1, 1)),
        ("district", "城关", "城关区", (0, 1, 1)),
    ],
)
def test_given_a_guess_when_counted_then_as_the_scoring_rules_say(
    field: str, guess: Any, gold: Any, counts: tuple[int, int, int]
) -> None:
    assert one(field, guess, gold) == counts


def test_given_punctuation_when_compared_then_it_does_not_count() -> None:
    assert character_f1("西站,十字", "西站 十字") == 1.0
    assert character_f1("", "") == 0.0


def test_given_rows_when_reported_then_emergencies_and_confusion_are_counted() -> None:
    calm = {**NOTHING, "urgency": "normal", "category": "urban.noise"}
    alarm = {**NOTHING, "urgency": "emergency", "category": "safety.fire"}
    report = score_rows([("a", alarm, alarm), ("b", calm, alarm), ("c", alarm, calm)])
    assert (report.emergencies, report.caught, report.false_alarms) == (2, 1, 1)
    assert report.emergency_recall == 0.5
    assert report.confusion["safety.fire", "urban.noise"] == 1
    assert report.fields["category"].f1 == pytest.approx(1 / 3)


def test_given_rows_by_another_author_when_prefilled_then_nothing_is_lost() -> None:
    prefiller = Prefiller()
    report = score_rows(
        (
            row["id"],
            {key: guess.value for key, guess in prefiller.prefill(row).items()},
            row["gold"],
        )
        for row in rows("blind.jsonl")
    )
    assert report.macro_f1 >= 0.87
    assert report.emergency_recall == 1.0


@pytest.mark.parametrize(("name", "least"), [("dev.jsonl", 0.97), ("own.jsonl", 0.96)])
def test_given_labelled_transcripts_when_prefilled_then_the_figures_hold(
    name: str, least: float
) -> None:
    prefiller = Prefiller()
    report = score_rows(
        (
            row["id"],
            {key: guess.value for key, guess in prefiller.prefill(row).items()},
            row["gold"],
        )
        for row in rows(name)
    )
    assert report.macro_f1 >= least, report.misses
    assert min(score.f1 for score in report.fields.values()) >= 0.80
    assert report.emergency_recall == 1.0
    assert report.false_alarms == 0
