"""What a second pass needs of a call: its recording, who could be heard when, the live words."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from agent_gateway.calls.hearing import CALLER, MUSIC, HeardInterval, hearing
from agent_gateway.store import Store, TranscriptTurn
from asr.second import Talk, TurnHeard
from telephony.calls import is_outward
from telephony.events import Speaker
from telephony.recordings import Archive
from telephony.recordings.stereo import file_sha256


class MaterialError(Exception):
    """The call cannot be heard again; the message says why."""


@dataclass(frozen=True, slots=True)
class Material:
    """Of one call.

    Attributes:
        line: the dialled line.
        recording: the sealed file, whose hash is right.
        begins_at: when its first sample was spoken, UTC.
        talks: who could be heard on its other side.
        live: the live transcript, in the recording's time.
    """

    line: str
    recording: Path
    begins_at: datetime
    talks: tuple[Talk, ...]
    live: tuple[TurnHeard, ...]


async def material_of(call_id: str, store: Store, archive: Archive) -> Material:
    """Collect it.

    Raises:
        MaterialError: the recording is missing, unreadable or not what was sealed.
        SQLAlchemyError: the store does not answer.
    """
    call = await store.calls.get(call_id)
    row = await store.calls.recording(call_id)
    if call is None or row is None:
        raise MaterialError("the call has no recording in the archive (any more)")
    recording, begins_at, duration = await asyncio.to_thread(_sealed, archive, call_id, row.sha256)
    if is_outward(call_id):
        # the channel that is recorded is the agent's, and nobody else is on its side
        talks = [Talk(0, int(duration / _MS), frozenset({Speaker.AGENT}))]
    else:
        intervals = hearing(call.channel, await store.events.of_call(call_id))
        agents = await store.calls.agents(call_id)
        talks = list(_talks(intervals, agents, begins_at, begins_at + duration))
    live = [_turn(turn, begins_at) for turn in await store.calls.transcript(call_id)]
    return Material(call.line, recording, begins_at, tuple(talks), tuple(live))


_MS = timedelta(milliseconds=1)


def _sealed(archive: Archive, call_id: str, sha256: str) -> tuple[Path, datetime, timedelta]:
    try:
        found = [one for one in archive.find(call_id) if one.entry.sha256 == sha256]
        if not found:
            raise MaterialError("the recording is in no manifest of the archive")
        entry, path = found[-1].entry, archive.root / found[-1].path
        digest, _ = file_sha256(path)
    except FileNotFoundError as error:
        raise MaterialError("the recording's file is missing; have the archive verified") from error
    except OSError as error:
        raise MaterialError(f"the recording cannot be read: {error}") from error
    if digest != sha256:
        raise MaterialError("the recording is not what was sealed; have the archive verified")
    return path, entry.started_at, timedelta(milliseconds=entry.duration_ms)


def _talks(
    intervals: Iterable[HeardInterval],
    agents: Collection[str],
    begins_at: datetime,
    ends_at: datetime,
) -> Iterable[Talk]:
    for one in intervals:
        if one.party != CALLER or one.heard == [MUSIC]:
            continue
        speakers = {Speaker.AGENT if name in agents else Speaker.THIRD for name in one.heard}
        if len(one.heard) > 1:
            # of two agents, one is there as a third party
            speakers.add(Speaker.THIRD)
        since, until = one.since - begins_at, (one.until or ends_at) - begins_at
        yield Talk(int(since / _MS), int(until / _MS), frozenset(speakers))


def _turn(turn: TranscriptTurn, begins_at: datetime) -> TurnHeard:
    start_ms = int((turn.started_at - begins_at) / _MS)
    return TurnHeard(
        speaker=Speaker(turn.speaker),
        text=turn.text,
        start_ms=start_ms,
        end_ms=start_ms + turn.end_ms - turn.start_ms,
        confidence=turn.confidence,
        engine=turn.engine,
    )
