"""Training of the tagger and the ranker that find the target of a call."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import numpy as np
import pycrfsuite
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from asr.prefill.model import FieldGuess
from asr.prefill.parties.artefact import Parties
from asr.prefill.parties.candidates import candidates
from asr.prefill.parties.features import Features, describe
from asr.prefill.parties.tagger import (
    BEGIN,
    INSIDE,
    LABELS,
    OUTSIDE,
    PartyFeatures,
    PartyTagger,
    TaggerWeights,
    heard,
)
from asr.prefill.prefiller import Prefiller
from asr.prefill.scoring import SIMILAR, character_f1
from asr.prefill.targets import Matter
from asr.prefill.text import Utterance
from asr.prefill.trained import Trained
from asr.prefill.training.dialogues import misheard
from asr.prefill.training.material import Dialogue
from asr.prefill.training.namesakes import namesake
from asr.prefill.training.snippets import MARKED, Line, Snippet

COPIES = 4
"""How often each bracketed snippet is used: once as it is, else with another name and noise."""

ALIKE = 0.75
"""Character F1 from which a stretch of a turn is taken for the labelled target."""

ROW_COPIES = 2
"""How often each labelled transcript is used, the first time as it is."""

LEAST = 0.35
"""Probability below which no candidate is taken, by F1 on authors who were left out."""

STRENGTH = 2.0
"""Weight of the squares of the ranker's weights against the loss of one call."""

ROUNDS = 60

Marks = list[str]
Sequences = list[tuple[Any, Marks]]


class Choice(NamedTuple):
    """One call for the ranker: features of nobody and of every candidate, and which are right."""

    features: list[Features]
    right: list[bool]


_UNLEARNT = {"tagged": 4.0, "nobody": 1.5}
"""A ranker that follows the tagger, where no dialogue could teach it."""


class FittedParties(NamedTuple):
    """The parts fitted to everything, and for each fold those fitted without it."""

    whole: Parties
    apart: Mapping[int, Parties]


class _Listener:
    """In the place of what finds the target: notes what is known of the call by then."""

    def __init__(self) -> None:
        self.matter: Matter | None = None

    def target(self, turns: Sequence[Utterance], matter: Matter) -> FieldGuess:
        """Nobody."""
        del turns
        self.matter = matter
        return FieldGuess(None, [], 0.0)


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
        trained: Callable[[int], Trained],
        told: Callable[[str], None] = lambda _: None,
    ) -> FittedParties:
        """Both parts from snippets and labelled dialogues.

        The ranker learns from what taggers and classifiers say of dialogues that these have not
        seen.

        Args:
            snippets: with the target marked.
            dialogues: labelled transcripts; may be none.
            folds: which fold a dialogue belongs to.
            trained: the classifiers that have not seen a fold's dialogues.
            told: hears of the progress, line by line.
        """
        of_snippets = self._snippet_sequences(snippets)
        of_rows = [self._row_sequences(one.row) for one in dialogues]
        where = [folds(one) for one in dialogues]
        told(f"{len(snippets)} snippets and {len(dialogues)} dialogues read")
        taggers: dict[int, TaggerWeights] = {}
        choices: dict[int, list[Choice]] = {}
        for fold in sorted(set(where)):
            known = [part for part, at in zip(of_rows, where, strict=True) if at != fold]
            taggers[fold] = self._tagger([*known, of_snippets])
            tagger = PartyTagger(taggers[fold], self._features)
            rows = [one.row for one, at in zip(dialogues, where, strict=True) if at == fold]
            choices[fold] = list(self._choices(rows, tagger, trained(fold)))
            told(f"tagger without fold {fold} fitted")
        card = {"snippets": len(snippets), "dialogues": len(dialogues)}
        whole = Parties(
            self._tagger([*of_rows, of_snippets]),
            fit_ranker([one for part in choices.values() for one in part]),
            LEAST,
            {**card, "seed": self._seed},
        )
        told("tagger fitted on everything")
        apart = {
            fold: Parties(
                weights,
                fit_ranker([one for at, part in choices.items() if at != fold for one in part]),
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

    def _sequences(
        self, turns: Sequence[tuple[Utterance, Marks]], *, agents: bool = False
    ) -> Sequences:
        """Features and labels; ``agents``: of the agent's turns without a name, too."""
        out: Sequences = []
        previous: Utterance | None = None
        for turn, marks in turns:
            if turn.text and (turn.is_caller or INSIDE in marks or agents):
                items = self._features.of(turn, heard(turn, previous))
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
        out = self._sequences(plain, agents=True)
        for _ in range(1, ROW_COPIES):
            out += self._sequences(list(self._varied(snippet, random, changed=True)))
        return out

    def _choices(
        self, rows: Sequence[Mapping[str, Any]], tagger: PartyTagger, trained: Trained
    ) -> Iterator[Choice]:
        """What the ranker is to choose from in each row, and what would have been right."""
        listener = _Listener()
        prefiller = Prefiller(trained=trained, chooser=listener)
        for row in rows:
            session = prefiller.hear_all(row)
            _ = session.fields
            matter = listener.matter
            if matter is None or matter.danger:
                continue
            turns = session.turns
            found = candidates(turns, matter, self._words, self._finder, tagger)
            target = row["gold"]["target"]
            right = [
                target is not None and character_f1(one.name, target) >= SIMILAR for one in found
            ]
            # where no candidate is right nobody is better than a wrong one
            yield Choice(
                describe(found, turns, matter, self._words, self._finder),
                [not any(right), *right],
            )


def fit_ranker(choices: Sequence[Choice], strength: float = STRENGTH) -> dict[str, float]:
    """Weights under which the right candidates, or nobody, are likeliest; the loss is smooth."""
    if not any(any(one.right[1:]) for one in choices):
        return dict(_UNLEARNT)
    names = sorted({name for one in choices for part in one.features for name in part})
    column = {name: at for at, name in enumerate(names)}
    values: list[float] = []
    columns: list[int] = []
    bounds = [0]
    for one in choices:
        for part in one.features:
            values += part.values()
            columns += [column[name] for name in part]
            bounds.append(len(columns))
    matrix = csr_matrix(
        (np.array(values), np.array(columns), np.array(bounds)),
        shape=(len(bounds) - 1, len(names)),
    )
    starts = np.cumsum([0, *(len(one.right) for one in choices)])[:-1]
    sizes = [len(one.right) for one in choices]
    right = np.array([float(hit) for one in choices for hit in one.right])

    def loss(
        weights: NDArray[np.float64],
    ) -> tuple[float, NDArray[np.float64]]:
        totals = matrix @ weights
        raised = np.exp(totals - np.repeat(np.maximum.reduceat(totals, starts), sizes))
        shares = raised / np.repeat(np.add.reduceat(raised, starts), sizes)
        hit = np.add.reduceat(shares * right, starts)
        slope = shares - shares * right / np.repeat(hit, sizes)
        value = -np.log(hit).sum() + strength * weights @ weights
        return float(value), matrix.T @ slope + 2 * strength * weights

    with threadpool_limits(limits=1):
        found = minimize(
            loss, np.zeros(len(names)), jac=True, method="L-BFGS-B", options={"maxiter": 400}
        )
    return dict(zip(names, map(float, found.x), strict=True))


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
    if not target:
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
