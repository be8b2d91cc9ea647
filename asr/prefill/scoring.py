"""Measuring guesses against labelled transcripts."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from asr.prefill.model import FIELDS, Value

SIMILAR_FIELDS = frozenset({"address", "target"})
"""Fields that match at a character F1 of at least ``SIMILAR``; the others by equality."""

SIMILAR = 0.6


def _bare(text: str) -> str:
    return "".join(char for char in text if unicodedata.category(char)[0] not in "PZSC")


def character_f1(left: str, right: str) -> float:
    """Harmonic mean of shared characters, punctuation and blanks removed; 0 to 1."""
    first, second = Counter(_bare(left)), Counter(_bare(right))
    shared = sum((first & second).values())
    total = sum(first.values()) + sum(second.values())
    return 2 * shared / total if total else 0.0


def matches(name: str, guess: Value, gold: Value) -> bool:
    """Whether two values that are both present count as the same."""
    if name in SIMILAR_FIELDS:
        return character_f1(str(guess), str(gold)) >= SIMILAR
    return guess == gold


def present(name: str, value: Value) -> Value:
    """The value as scored: for ``confidential`` only true counts, for ``accepted`` only false."""
    if name == "confidential":
        return value if value is True else None
    if name == "accepted":
        return value if value is False else None
    return value


@dataclass
class FieldScore:
    """Counts of one field over all rows."""

    true_positive: int = 0
    false_positive: int = 0
    false_negative: int = 0

    @property
    def precision(self) -> float:
        """Share of given values that are right; 1 when none was given."""
        given = self.true_positive + self.false_positive
        return self.true_positive / given if given else 1.0

    @property
    def recall(self) -> float:
        """Share of wanted values that were given rightly; 1 when none was wanted."""
        wanted = self.true_positive + self.false_negative
        return self.true_positive / wanted if wanted else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 1 when nothing was wanted nor given."""
        total = 2 * self.true_positive + self.false_positive + self.false_negative
        return 2 * self.true_positive / total if total else 1.0


@dataclass
class Report:
    """Scores over labelled rows.

    Attributes:
        rows: number of rows.
        fields: counts by field.
        emergencies: rows labelled ``emergency``.
        caught: of those, how many were guessed so.
        false_alarms: rows guessed ``emergency`` without being labelled so.
        confusion: (gold, guess) of categories to count, wrong ones only.
        misses: (row id, field, guess, gold) of every wrong value.
    """

    rows: int = 0
    fields: dict[str, FieldScore] = field(
        default_factory=lambda: {name: FieldScore() for name in FIELDS}
    )
    emergencies: int = 0
    caught: int = 0
    false_alarms: int = 0
    confusion: Counter[tuple[str, str]] = field(default_factory=Counter)
    misses: list[tuple[str, str, Value, Value]] = field(default_factory=list)

    @property
    def macro_f1(self) -> float:
        """Unweighted mean of the fields' F1."""
        return sum(score.f1 for score in self.fields.values()) / len(self.fields)

    @property
    def emergency_recall(self) -> float:
        """Share of emergencies recognised; 1 when there was none."""
        return self.caught / self.emergencies if self.emergencies else 1.0

    def add(self, row_id: str, guessed: Mapping[str, Value], gold: Mapping[str, Value]) -> None:
        """Count one row."""
        self.rows += 1
        for name, score in self.fields.items():
            guess, wanted = present(name, guessed.get(name)), present(name, gold.get(name))
            if guess is None and wanted is None:
                continue
            if guess is not None and wanted is not None and matches(name, guess, wanted):
                score.true_positive += 1
                continue
            score.false_positive += guess is not None
            score.false_negative += wanted is not None
            self.misses.append((row_id, name, guess, wanted))
        is_emergency = gold.get("urgency") == "emergency"
        alarmed = guessed.get("urgency") == "emergency"
        self.emergencies += is_emergency
        self.caught += is_emergency and alarmed
        self.false_alarms += alarmed and not is_emergency
        if guessed.get("category") != gold.get("category"):
            self.confusion[str(gold.get("category")), str(guessed.get("category"))] += 1

    def as_dict(self) -> dict[str, object]:
        """The report for JSON."""
        return {
            "rows": self.rows,
            "macro_f1": round(self.macro_f1, 4),
            "fields": {
                name: {
                    "precision": round(score.precision, 4),
                    "recall": round(score.recall, 4),
                    "f1": round(score.f1, 4),
                }
                for name, score in self.fields.items()
            },
            "emergency": {
                "rows": self.emergencies,
                "recall": round(self.emergency_recall, 4),
                "false_alarms": self.false_alarms,
            },
            "category_confusion": [
                {"gold": gold, "guess": guess, "rows": count}
                for (gold, guess), count in self.confusion.most_common()
            ],
        }


def score_rows(rows: Iterable[tuple[str, Mapping[str, Value], Mapping[str, Value]]]) -> Report:
    """Report over (row id, guessed values, gold values)."""
    report = Report()
    for row_id, guessed, gold in rows:
        report.add(row_id, guessed, gold)
    return report
