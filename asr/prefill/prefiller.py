"""Filling in the ticket while the call runs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from asr.prefill.acceptance import rejection
from asr.prefill.addresses import Wanted, address, without_bare_institution
from asr.prefill.categories import CategoryScorer, CategoryScores
from asr.prefill.dangers import shipped_ear
from asr.prefill.dates import occurred_on
from asr.prefill.districts import district
from asr.prefill.grams import call_grams
from asr.prefill.lexicon import Lexicon, lexicon
from asr.prefill.model import FIELDS, CallFacts, Evidence, FieldGuess, Speaker
from asr.prefill.names import caller_name, caller_title
from asr.prefill.parties.artefact import Parties, shipped_parties
from asr.prefill.parties.chooser import PartyChooser
from asr.prefill.phones import callback_phone
from asr.prefill.places import PlaceFinder
from asr.prefill.requests import RequestSigns, request_type
from asr.prefill.secrecy import confidential
from asr.prefill.targets import Matter, counterparty, target
from asr.prefill.text import Utterance, read_turn
from asr.prefill.trained import Trained, shipped
from asr.prefill.urgency import Danger, danger_words, find_danger, urgency
from asr.prefill.verdicts import NOT_ACCEPTED, category_verdict, request_verdict
from asr.prefill.wording import wording

_BURNING = ("safety.incident", "safety.fire", "utilities.gas")


class TranscriptError(ValueError):
    """A transcript that cannot be read; the message names the key and what it must be."""


class TargetFinder(Protocol):
    """Finds the target of a call once the rest of its matter is known."""

    def target(self, turns: Sequence[Utterance], matter: Matter) -> FieldGuess:
        """As :func:`asr.prefill.targets.target`."""
        ...


class Prefiller:
    """Reads calls and guesses the fields of their tickets. Deterministic; safe to share.

    Args:
        words: the word lists; the embedded ones when None.
        trained: the trained parts for category and request type; the shipped ones when None.
        parties: the trained parts for the target; the shipped ones when None.
        rules_only: do without trained parts, as when the shipped ones cannot be used.
        chooser: finds the target; one made of ``parties`` when None.

    Raises:
        ConfigError: when an embedded list is damaged.
    """

    def __init__(
        self,
        words: Lexicon | None = None,
        trained: Trained | None = None,
        parties: Parties | None = None,
        *,
        rules_only: bool = False,
        chooser: TargetFinder | None = None,
    ) -> None:
        self._words = words or lexicon()
        self._trained = None if rules_only else trained or shipped()
        # they weigh what the classifier of request types says
        parties = None if self._trained is None else parties or shipped_parties()
        self._danger_words = danger_words()
        self._ear = None if rules_only else shipped_ear()
        self._scorer = CategoryScorer(self._words)
        self._finder = PlaceFinder(self._words.gazetteer)
        self._chooser = chooser
        if chooser is None and parties is not None:
            self._chooser = PartyChooser(parties, self._words.organisations, self._finder)

    def start(self, call_date: datetime | str, dialled: str, cli: str) -> PrefillSession:
        """Begin a call.

        Args:
            call_date: start of the call; ISO text or a datetime with its time zone.
            dialled: the number dialled.
            cli: the caller's number, in any punctuation.

        Raises:
            ValueError: when ``call_date`` is not an ISO date and time.
        """
        when = call_date if isinstance(call_date, datetime) else datetime.fromisoformat(call_date)
        facts = CallFacts(when, re.sub(r"\D", "", dialled), re.sub(r"\D", "", cli))
        return PrefillSession(self, facts)

    def prefill(self, row: Mapping[str, Any]) -> dict[str, FieldGuess]:
        """Fields of a whole transcript; see :meth:`hear_all` for ``row`` and errors."""
        return self.hear_all(row).fields

    def hear_all(self, row: Mapping[str, Any]) -> PrefillSession:
        """A whole transcript taken in.

        Args:
            row: ``call_date``, ``dialled``, ``cli`` and ``turns`` (``who``: agent or caller,
                ``text``).

        Raises:
            TranscriptError: naming the key that is missing or of the wrong kind.
        """
        for key in ("call_date", "dialled", "cli"):
            if not isinstance(row.get(key), str):
                raise TranscriptError(f"{key}: must be text")
        turns = row.get("turns")
        if not isinstance(turns, list):
            raise TranscriptError("turns: must be a list of {who, text}")
        try:
            session = self.start(row["call_date"], row["dialled"], row["cli"])
        except ValueError as error:
            raise TranscriptError(f"call_date: {error}") from error
        for position, turn in enumerate(turns):
            if not isinstance(turn, Mapping) or not isinstance(turn.get("text"), str):
                raise TranscriptError(f"turns.{position}: must be {{who, text}}")
            who = turn.get("who")
            if who not in ("agent", "caller"):
                raise TranscriptError(f"turns.{position}.who: must be agent or caller")
            session.hear(who, turn["text"])
        return session

    def read(self, index: int, who: Speaker, text: str) -> Utterance:
        """One turn, stripped and repaired."""
        return read_turn(index, who, text, self._words.anchors)

    @property
    def words(self) -> Lexicon:
        """The word lists that it reads with."""
        return self._words

    @property
    def finder(self) -> PlaceFinder:
        """What finds places in its turns."""
        return self._finder

    @property
    def category_names(self) -> dict[str, str]:
        """Key of a category → its name."""
        return {key: leaf.name for key, leaf in self._words.categories.items()}

    def danger(self, turns: Sequence[Utterance], *, whole: bool = True) -> Danger | None:
        """The danger that these turns speak of.

        Args:
            turns: the call so far.
            whole: False while the last turn is still being said: the ear is trained on
                whole sentences, half of one goes by the expressions alone.
        """
        return find_danger(turns, self._danger_words, self._ear if whole else None)

    def guess(self, turns: Sequence[Utterance], facts: CallFacts) -> dict[str, FieldGuess]:
        """All fields from the turns so far."""
        words = self._words
        danger = self.danger(turns)
        refused = None if danger else rejection(turns)
        secrecy = confidential(turns)
        grams = call_grams(turns) if self._trained else {}
        scores = self._scorer.score(turns, facts.dialled)
        category, sure, category_evidence = self._category(turns, scores, grams, danger, refused)
        leaf = words.categories[category]
        emergency = danger is not None and not danger.urgent_only
        request = self.request_by_rules(
            turns, category, danger, refused[0] if refused else None, secret=secrecy.value is True
        )
        wishes: Mapping[str, float] = {str(request.guess.value): 1.0}
        if self._trained and danger is None:
            verdict, wishes = request_verdict(turns, request.guess, category, grams, self._trained)
            request = RequestSigns(
                verdict, request.progress_query and verdict.value == "consultation"
            )
        kind = str(request.guess.value)
        asked_only = kind == "consultation" and not request.progress_query
        place = address(
            turns,
            self._finder,
            Wanted.LOCALITY
            if refused is not None
            else Wanted.AGENTS
            if request.progress_query
            else Wanted.HOUSE
            if asked_only
            else Wanted.CALLERS,
        )
        name = caller_name(turns, words.surnames)
        matter = Matter(
            category=category,
            request_type=kind,
            reject_reason=refused[0] if refused else None,
            address=str(place.value) if place.value else None,
            danger=danger is not None,
            caller=str(name.value) if name.value else None,
            wishes=wishes,
        )
        party = (
            self._chooser.target(turns, matter)
            if self._chooser is not None
            else target(turns, matter, words.organisations)
        )
        place = without_bare_institution(place, party, category, self._finder)
        day = occurred_on(
            turns,
            facts,
            words.holidays,
            wanted=kind not in ("consultation", "suggestion") and refused is None,
            happening=emergency,
            thanks=kind == "praise",
        )
        level, emergency_line = urgency(
            turns, danger, category, kind, due=day, call_day=facts.call_date.date()
        )
        reason = refused[0] if refused else None
        guesses: dict[str, FieldGuess] = {
            "request_type": request.guess,
            "category": FieldGuess(category, category_evidence[:4], sure),
            "line": FieldGuess(leaf.line, category_evidence[:1], sure),
            "department": FieldGuess(leaf.department, category_evidence[:1], sure),
            "caller_name": name,
            "caller_title": caller_title(turns, str(name.value) if name.value else None),
            "callback_phone": callback_phone(turns, facts),
            "district": district(
                turns,
                self._finder,
                place,
                route=category.startswith("transport."),
                accepted=refused is None,
            ),
            "address": place,
            "occurred_on": day,
            "target": party,
            "confidential": secrecy,
            "urgency": level,
            "emergency_line": emergency_line,
            "accepted": FieldGuess(
                refused is None, refused[1] if refused else [], refused[2] if refused else 0.9
            ),
            "reject_reason": FieldGuess(
                reason, refused[1] if refused else [], refused[2] if refused else 0.9
            ),
        }
        return {field: self._calibrated(field, guesses[field]) for field in FIELDS}

    def request_by_rules(
        self,
        turns: Sequence[Utterance],
        category: str,
        danger: Danger | None,
        reject_reason: str | None,
        *,
        secret: bool,
    ) -> RequestSigns:
        """The request type as the rules alone have it."""
        request = request_type(
            turns, category, danger=danger is not None, reject_reason=reject_reason, secret=secret
        )
        if request.guess.value == "help" and danger is None:
            wrongdoer = counterparty(turns, category, self._words.organisations)
            if wrongdoer is not None:
                return RequestSigns(FieldGuess("complaint", [wrongdoer], 0.6), False)
        return request

    def request_by_rules_alone(self, turns: Sequence[Utterance], category: str) -> RequestSigns:
        """The request type by the rules for turns whose category is known."""
        danger = self.danger(turns)
        refused = None if danger else rejection(turns)
        return self.request_by_rules(
            turns,
            category,
            danger,
            refused[0] if refused else None,
            secret=confidential(turns).value is True,
        )

    def category_scores(self, turns: Sequence[Utterance], dialled: str) -> CategoryScores:
        """What the rules' words say of each category."""
        return self._scorer.score(turns, dialled)

    def _category(
        self,
        turns: Sequence[Utterance],
        scores: CategoryScores,
        grams: Mapping[str, float],
        danger: Danger | None,
        refused: tuple[str, list[Evidence], float] | None,
    ) -> tuple[str, float, list[Evidence]]:
        """Category, raw confidence and evidence; a danger or a refusal decides by itself."""
        shares: Mapping[str, float] = scores.scores
        if self._trained is not None:
            shares = category_verdict(scores, grams, self._trained)
        if danger is not None and danger.category:
            if danger.kind in ("transfer", "heard") and danger.line == "119":
                return max(_BURNING, key=lambda key: shares.get(key, 0.0)), 0.9, danger.evidence
            return danger.category, 0.9, danger.evidence
        if refused is not None:
            return NOT_ACCEPTED, refused[2], refused[1]
        if self._trained is not None:
            category = max(shares, key=lambda key: shares[key])
            evidence = scores.evidence.get(category, [])
            return (
                category,
                shares[category],
                evidence or self._trained.category.evidence(category, turns),
            )
        category, sure = scores.best()
        if category == NOT_ACCEPTED:
            others = {key: score for key, score in shares.items() if key != NOT_ACCEPTED}
            category, sure = max(others, key=lambda key: others[key]), 0.3
        return category, sure, scores.evidence.get(category, [])

    def _calibrated(self, field: str, guess: FieldGuess) -> FieldGuess:
        """The guess with the probability of being right in place of the raw confidence."""
        if field == "target" and self._chooser is not None:
            return guess  # the ranker's probability is one already
        curve = self._trained.curves.get(field) if self._trained else None
        if curve is None:
            return guess
        return FieldGuess(guess.value, guess.evidence, curve(guess.confidence))


class PrefillSession:
    """One call's ticket, growing with its turns.

    Attributes:
        fields: the current guesses, all fields in the order of ``FIELDS``.
    """

    def __init__(self, prefiller: Prefiller, facts: CallFacts) -> None:
        self._prefiller = prefiller
        self._facts = facts
        self._turns: list[Utterance] = []
        self._stale = True
        self._fields: dict[str, FieldGuess] = {}

    @property
    def turns(self) -> tuple[Utterance, ...]:
        """Everything heard so far, as it was read."""
        return tuple(self._turns)

    @property
    def fields(self) -> dict[str, FieldGuess]:
        """The guesses for everything heard so far."""
        if self._stale:
            self._fields = self._prefiller.guess(self._turns, self._facts)
            self._stale = False
        return dict(self._fields)

    @property
    def wording(self) -> dict[str, FieldGuess]:
        """``title`` and ``summary`` from everything heard so far."""
        fields = self.fields
        name = self._prefiller.category_names.get(str(fields["category"].value), "")
        return wording(self._turns, fields, name)

    def hear(self, who: Speaker, text: str) -> None:
        """Take a turn in without working the fields out (they are, when next read)."""
        self._turns.append(self._prefiller.read(len(self._turns), who, text))
        self._stale = True

    def add_turn(self, who: Speaker, text: str) -> dict[str, FieldGuess]:
        """Take a turn in; the fields whose value changed, with their new guesses."""
        before = self.fields
        self.hear(who, text)
        after = self.fields
        return {key: guess for key, guess in after.items() if guess.value != before[key].value}
