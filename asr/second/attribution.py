"""Who said what, from the two sides of a recording and what is known of the call.

The caller's side has one voice. On the other side are, one after the other or at the same time,
the hotline's own prompts and music, agents and third parties: words count only while people could
be heard there, and the live transcript, which had every party's audio by itself, tells whose they
are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from asr.recogniser import Hypothesis
from telephony.events import Speaker

NEAR_MS: Final = 500
"""Events, live audio and recording agree only so far."""
COVERED: Final = 0.5
"""A live turn is replaced where at least this share of it was heard again."""


@dataclass(frozen=True, slots=True)
class Talk:
    """From ``since_ms`` to ``until_ms`` of the recording these could be heard on the other side."""

    since_ms: int
    until_ms: int
    speakers: frozenset[Speaker]


@dataclass(frozen=True, slots=True)
class TurnHeard:
    """A turn; times in ms from the recording's beginning (negative: before it).

    Attributes:
        speaker: whose.
        text: as it was heard.
        start_ms: where it begins.
        end_ms: where it ends.
        confidence: 0..1, or -1.
        engine: the recogniser's name.
    """

    speaker: Speaker
    text: str
    start_ms: int
    end_ms: int
    confidence: float
    engine: str


def attributed(
    caller_side: Sequence[Hypothesis],
    other_side: Sequence[Hypothesis],
    talks: Sequence[Talk],
    live: Sequence[TurnHeard],
    engine: str,
) -> list[TurnHeard]:
    """The second transcript, in the order in which the turns begin.

    Live turns that were not heard again stay as they are: a consultation while the caller heard
    music is not in the recording's two sides.

    Args:
        caller_side: finals of the left channel.
        other_side: finals of the right channel.
        talks: who could be heard on the right one.
        live: the live transcript.
        engine: name of what heard the sides.
    """
    turns = [_turn(Speaker.CALLER, one, engine) for one in caller_side]
    for one in other_side:
        speaker = _who(one, talks, live)
        if speaker is not None:
            turns.append(_turn(speaker, one, engine))
    again = {True: caller_side, False: other_side}
    turns += [one for one in live if not _heard_again(one, again[one.speaker is Speaker.CALLER])]
    return sorted(turns, key=lambda turn: (turn.start_ms, turn.end_ms, turn.speaker))


def _turn(speaker: Speaker, heard: Hypothesis, engine: str) -> TurnHeard:
    return TurnHeard(speaker, heard.text, heard.start_ms, heard.end_ms, heard.confidence, engine)


def _who(heard: Hypothesis, talks: Iterable[Talk], live: Iterable[TurnHeard]) -> Speaker | None:
    """Whose live turns lie there; where there are none, who could be heard; None: nobody."""
    possible: dict[Speaker, int] = {}
    for talk in talks:
        shared = _shared(heard, talk.since_ms - NEAR_MS, talk.until_ms + NEAR_MS)
        for speaker in talk.speakers if shared else ():
            possible[speaker] = max(possible.get(speaker, 0), shared)
    if not possible:
        return None
    said: dict[Speaker, int] = {}
    for turn in live:
        if turn.speaker is not Speaker.CALLER:
            shared = _shared(turn, heard.start_ms, heard.end_ms)
            said[turn.speaker] = said.get(turn.speaker, 0) + shared
    votes = said if any(said.values()) else possible
    # with equal votes the agent, whose name is first
    return max(sorted(votes), key=lambda speaker: votes[speaker])


def _heard_again(turn: TurnHeard, again: Iterable[Hypothesis]) -> bool:
    shared = sum(_shared(turn, one.start_ms - NEAR_MS, one.end_ms + NEAR_MS) for one in again)
    return shared >= COVERED * max(1, turn.end_ms - turn.start_ms)


def _shared(one: Hypothesis | TurnHeard, since_ms: int, until_ms: int) -> int:
    """Milliseconds in both; a turn without length has one."""
    end_ms = max(one.end_ms, one.start_ms + 1)
    return max(0, min(end_ms, until_ms) - max(one.start_ms, since_ms))
