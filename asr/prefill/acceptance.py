"""Whether the hotline may take the matter on, and the legal ground if not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from asr.prefill.lexicon import compiled, read_table
from asr.prefill.model import Evidence
from asr.prefill.text import Utterance
from config.errors import ConfigError

_FILE = "prefill_acceptance.toml"
_RESORT = re.compile(r"(?:可以|可疑)(?:再|先|直接|依法)?(?:向|到|去|找)?.{0,3}$")


class Ground(NamedTuple):
    """One legal ground: words of it, and what tells that the matter is of that kind."""

    reason: str
    topic: re.Pattern[str]
    already: re.Pattern[str]


@dataclass(frozen=True)
class RefusalWords:
    """Compiled expressions of the data file."""

    refuses: re.Pattern[str]
    refers: re.Pattern[str]
    advises: re.Pattern[str]
    grounds: tuple[Ground, ...]


@cache
def refusal_words() -> RefusalWords:
    """The embedded expressions of refusal.

    Raises:
        ConfigError: naming the file and the key of an expression that cannot be compiled.
    """
    path, table = read_table(_FILE)
    grounds = table.get("grounds")
    if not isinstance(grounds, dict) or not all(isinstance(one, dict) for one in grounds.values()):
        raise ConfigError(
            path, "grounds", "must be tables with topic and already", "应为含 topic 和 already 的表"
        )
    return RefusalWords(
        refuses=compiled(path, "refuses", table.get("refuses")),
        refers=compiled(path, "refers", table.get("refers")),
        advises=compiled(path, "advises", table.get("advises")),
        grounds=tuple(
            Ground(
                reason,
                compiled(path, f"grounds.{reason}.topic", ground.get("topic")),
                compiled(path, f"grounds.{reason}.already", ground.get("already")),
            )
            for reason, ground in grounds.items()
        ),
    )


def rejection(
    turns: Sequence[Utterance], words: RefusalWords | None = None
) -> tuple[str, list[Evidence], float] | None:
    """(reason, evidence, confidence) when the matter may not be accepted, else None.

    The agent's refusal, or referral to the body in charge, together with a ground decides;
    without them, only the caller's plain word that the matter already lies with the other body.
    """
    words = words or refusal_words()
    refusal, refusing_text = _last_said(turns, words.refuses)
    referral, referring_text = _last_said(turns, words.refers)
    best: tuple[float, float, Ground, list[Evidence]] | None = None
    for ground in words.grounds:
        by_caller, by_agent, evidence = _told(turns, ground, words.advises)
        points = by_caller + by_agent
        if _named(ground.topic, refusing_text):
            points += 3.0
        elif _named(ground.topic, referring_text):
            points += 1.5
        if points > 0 and (best is None or points > best[0]):
            best = (points, by_caller, ground, evidence)
    if best is None:
        return None
    points, by_caller, ground, evidence = best
    if refusal is not None and points >= 1.0:
        return ground.reason, [refusal, *evidence[:2]], 0.95
    if referral is not None and by_caller >= 2.0 and _named(ground.topic, referring_text):
        return ground.reason, [referral, *evidence[:2]], 0.8
    if points >= 4.5 and ground.reason != "petition":
        return ground.reason, evidence[:3], 0.6
    return None


def _named(topic: re.Pattern[str], text: str) -> bool:
    """Whether a ground is named other than as the caller's next resort: 可以向法院起诉."""
    return any(not _RESORT.search(text[: match.start()]) for match in topic.finditer(text))


def _last_said(turns: Sequence[Utterance], said: re.Pattern[str]) -> tuple[Evidence | None, str]:
    """Where an agent said it for the last time, and the text of all turns with it."""
    spot: Evidence | None = None
    text = ""
    for turn in turns:
        match = None if turn.is_caller else said.search(turn.text)
        if match:
            spot = turn.evidence(match.start(), match.end())
            text += turn.text
    return spot, text


def _told(
    turns: Sequence[Utterance], ground: Ground, advises: re.Pattern[str]
) -> tuple[float, float, list[Evidence]]:
    """How much caller and agent said of a ground, and where."""
    caller = agent = 0.0
    evidence: list[Evidence] = []
    for turn in turns:
        for pattern, caller_points, agent_points in (
            (ground.already, 2.0, 1.0),
            (ground.topic, 0.5, 0.4),
        ):
            match = pattern.search(turn.text)
            if match is None or advises.search(turn.text[: match.start()]):
                continue
            if turn.is_caller:
                caller += caller_points
            else:
                agent += agent_points
            evidence.append(turn.evidence(match.start(), match.end()))
    return caller, agent, evidence
