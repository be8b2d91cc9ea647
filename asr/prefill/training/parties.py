"""Training of the tagger and the ranker that find the target of a call."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import numpy as np
import pycrfsuite
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from asr.prefill.parties.artefact import Parties
from asr.prefill.parties.candidates import candidates
from asr.prefill.parties.ranker import describe
from asr.prefill.parties.tagger import (
    BEGIN,
    INSIDE,
    LABELS,
    OUTSIDE,
    PartyFeatures,
    PartyTagger,
    TaggerWeights,
    question,
)
from asr.prefill.prefiller import Prefiller
from asr.prefill.scoring import SIMILAR, character_f1
from asr.prefill.targets import Matter, settled_target
from asr.prefill.text import Utterance
from asr.prefill.training.dialogues import misheard
from asr.prefill.training.material import Dialogue
from asr.prefill.training.namesakes import namesake
from asr.prefill.training.snippets import MARKED, Line, Snippet

COPIES = 4
"""How often each bracketed snippet is used: once as it is, else with another name and noise."""

ALIKE = 0.75
"""Character F1 from which a stretch of a turn is taken for the labelled target."""

LEAST = 0.4
"""Probability below which no candidate is taken. Lower ones gave no better F1 on rows that nothing
had been made for, and agents are better served by an empty field than by a wrong name."""

STRENGTH = 0.1
ROUNDS = 60

Marks = list[str]
Sequences = list[tuple[Any, Marks]]
Ranked = list[tuple[dict[str, float], int]]

_UNLEARNT = {"tagged": 4.0, "one": -1.5}
"""A ranker that follows the tagger, where no dialogue could teach it."""


class FittedParties(NamedTuple):
    """The parts fitted to everything, and for each fold those fitted without it."""

    whole: Parties
    apart: Mapping[int, Parties]


class PartyTrainer:
    """Fits tagger and ranker; remembers what it has made of rows and snippets."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._prefiller = Prefiller(rules_only=True)
        self._words = self._prefiller.words.organisations
        self._finder = self._prefiller.finder
        self._features = PartyFeatures(self._words, self._finder)

    def fit(
        self,
        snippets: Sequence[Snippet],
        dialogues: Sequence[Dialogue],
        folds: Callable[[Dialogue], int],
        told: Callable[[str], None] = lambda _: None,
    ) -> FittedParties:
        """Both parts from snippets and labelled dialogues.

        The ranker learns from what taggers say of dialogues that these have not seen.

        Args:
            snippets: with the target marked.
            dialogues: labelled transcripts; may be none.
            folds: which fold a dialogue belongs to.
            told: hears of the progress, line by line.
        """
        of_snippets = self._snippet_sequences(snippets)
        of_rows = [self._row_sequences(one.row) for one in dialogues]
        where = [folds(one) for one in dialogues]
        told(f"{len(snippets)} snippets and {len(dialogues)} dialogues read")
        taggers: dict[int, TaggerWeights] = {}
        ranked: dict[int, Ranked] = {}
        for fold in sorted(set(where)):
            known = [part for part, at in zip(of_rows, where, strict=True) if at != fold]
            taggers[fold] = self._tagger([*known, of_snippets])
            tagger = PartyTagger(taggers[fold], self._features)
            ranked[fold] = [
                pair
                for one, at in zip(dialogues, where, strict=True)
                if at == fold
                for pair in self._ranked(one.row, tagger)
            ]
            told(f"tagger without fold {fold} fitted")
        card = {"snippets": len(snippets), "dialogues": len(dialogues)}
        whole = Parties(
            self._tagger([*of_rows, of_snippets]),
            _ranker([pair for part in ranked.values() for pair in part]),
            LEAST,
            {**card, "seed": self._seed},
        )
        told("tagger fitted on everything")
        apart = {
            fold: Parties(
                weights,
                _ranker([pair for at, part in ranked.items() if at != fold for pair in part]),
                LEAST,
                {},
            )
            for fold, weights in taggers.items()
        }
        return FittedParties(whole, apart)

    def _tagger(self, parts: Sequence[Sequences]) -> TaggerWeights:
        trainer = pycrfsuite.Trainer(verbose=False)
        for part in parts:
            for items, marks in part:
                trainer.append(items, marks)
        trainer.set_params(
            {
                "c1": 0.1,
                "c2": 0.05,
                "max_iterations": ROUNDS,
                "feature.possible_transitions": True,
            }
        )
        with tempfile.TemporaryDirectory() as folder:
            path = str(Path(folder) / "tagger.crfsuite")
            trainer.train(path)
            tagger = pycrfsuite.Tagger()
            tagger.open(path)
            info = tagger.info()
            tagger.close()
        return _weights(info.state_features, info.transitions)

    def _sequences(self, turns: Sequence[tuple[Utterance, Marks]]) -> Sequences:
        out: Sequences = []
        previous: Utterance | None = None
        for turn, marks in turns:
            if turn.is_caller and turn.text:
                items = self._features.of(turn, question(previous))
                out.append((pycrfsuite.ItemSequence(items), marks))
            previous = turn
        return out

    def _snippet_sequences(self, snippets: Sequence[Snippet]) -> Sequences:
        out: Sequences = []
        for number, snippet in enumerate(snippets):
            random = Random(f"{self._seed}:{number}")  # noqa: S311 - reproducible, not secret
            named = any("[" in line.text for line in snippet)
            for copy in range(COPIES if named else 2):
                out += self._sequences(list(self._varied(snippet, random, changed=copy > 0)))
        return out

    def _varied(
        self, snippet: Snippet, random: Random, *, changed: bool
    ) -> Iterator[tuple[Utterance, Marks]]:
        others: dict[str, str] = {}
        for position, line in enumerate(snippet):
            text = line.text
            if changed:
                text = MARKED.sub(
                    lambda match: f"[{others.setdefault(match[1], namesake(match[1], random))}]",
                    text,
                )
            bare, marks = _unmarked(text)
            if changed:
                bare = misheard(bare, random)
            turn = self._prefiller.read(position, line.who, bare)
            if len(turn.text) == len(marks):
                yield turn, marks

    def _row_sequences(self, row: Mapping[str, Any]) -> Sequences:
        gold = row["gold"]["target"]
        plain: list[tuple[Utterance, Marks]] = []
        for position, given in enumerate(row["turns"]):
            turn = self._prefiller.read(position, given["who"], given["text"])
            plain.append((turn, _labelled(turn, gold)))
        random = Random(f"{self._seed}:{row.get('id')}")  # noqa: S311 - reproducible, not secret
        snippet = tuple(Line(turn.who, _remarked(turn.text, marks)) for turn, marks in plain)
        return self._sequences(plain) + self._sequences(
            list(self._varied(snippet, random, changed=True))
        )

    def _ranked(
        self, row: Mapping[str, Any], tagger: PartyTagger
    ) -> Iterator[tuple[dict[str, float], int]]:
        """Features of every candidate of a row, and whether it is the labelled target."""
        gold = row["gold"]
        session = self._prefiller.hear_all(row)
        address, caller = (session.fields[name].value for name in ("address", "caller_name"))
        matter = Matter(
            category=gold["category"],
            request_type=gold["request_type"],
            reject_reason=gold["reject_reason"],
            address=str(address) if address else None,
            danger=gold["urgency"] == "emergency",
            caller=str(caller) if caller else None,
        )
        turns = session.turns
        if settled_target(turns, matter, self._words) is not None:
            return
        found = candidates(turns, matter, self._words, self._finder, tagger)
        for one in found:
            features = describe(one, found, turns, matter, self._words, self._finder)
            target = gold["target"]
            yield features, int(target is not None and character_f1(one.name, target) >= SIMILAR)


def _ranker(ranked: Ranked) -> dict[str, float]:
    right = [hit for _, hit in ranked]
    if len(set(right)) < 2:
        return dict(_UNLEARNT)
    columns = DictVectorizer(sparse=False)
    matrix = columns.fit_transform([features for features, _ in ranked])
    model = LogisticRegression(C=STRENGTH, max_iter=3000).fit(matrix, right)
    weights = dict(zip(columns.feature_names_, map(float, model.coef_[0]), strict=True))
    weights["one"] = weights.get("one", 0.0) + float(model.intercept_[0])
    return weights


def _weights(
    states: Mapping[tuple[str, str], float], moves: Mapping[tuple[str, str], float]
) -> TaggerWeights:
    rows: dict[str, int] = {}
    for feature, _ in sorted(states):
        rows.setdefault(feature, len(rows))
    matrix = np.zeros((len(rows), len(LABELS)), dtype=np.float32)
    for (feature, label), weight in states.items():
        matrix[rows[feature], LABELS.index(label)] = weight
    transitions = np.array(
        [[moves.get((left, right), 0.0) for right in LABELS] for left in LABELS],
        dtype=np.float32,
    )
    # a name goes on only where one has begun
    transitions[LABELS.index(OUTSIDE), LABELS.index(INSIDE)] = -20.0
    return TaggerWeights(rows, matrix, transitions)


def _unmarked(text: str) -> tuple[str, Marks]:
    """The text without brackets, and one label per character."""
    bare, marks = "", []
    state = OUTSIDE
    for char in text:
        if char == "[":
            state = BEGIN
        elif char == "]":
            state = OUTSIDE
        else:
            bare += char
            marks.append(state)
            state = INSIDE if state == BEGIN else state
    return bare, marks


def _remarked(text: str, marks: Marks) -> str:
    out = ""
    inside = False
    for char, mark in zip(text, marks, strict=True):
        if mark != INSIDE and inside:
            out, inside = out + "]", False
        if mark == BEGIN:
            out, inside = out + "[", True
        out += char
    return out + ("]" if inside else "")


def _labelled(turn: Utterance, target: str | None) -> Marks:
    """Labels of the stretch that is most like the target, if any is like enough."""
    marks = [OUTSIDE] * len(turn.text)
    if not target or not turn.is_caller:
        return marks
    best, span = 0.0, (0, 0)
    for start, char in enumerate(turn.text):
        if char not in target:
            continue
        for end in range(start + 2, min(len(turn.text), start + len(target) + 4) + 1):
            alike = character_f1(turn.text[start:end], target)
            if alike > best:
                best, span = alike, (start, end)
    if best >= ALIKE:
        marks[span[0] : span[1]] = [INSIDE] * (span[1] - span[0])
        marks[span[0]] = BEGIN
    return marks
