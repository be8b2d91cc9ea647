"""Works off the calls that are to be heard again, one at a time.

The backlog is in the database: a call waits until its second transcript is kept or it is known
why there can be none, so a service that is killed in the middle begins that call again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final, Protocol

import structlog
from sqlalchemy.exc import SQLAlchemyError

from agent_gateway.second.material import Material, MaterialError, material_of
from agent_gateway.store import SecondBacklog, SecondTurn, Store
from asr.recogniser import Recogniser, RecogniserError, RecogniserGoneError
from asr.second import CALLER_SIDE, OTHER_SIDE, TurnHeard, attributed, hear_side
from asr.text import readable
from config.settings import Settings
from telephony.events import CallEnded, CallEvent, RecordingSealed
from telephony.recordings import Archive, StereoError

log = structlog.get_logger(__name__)

LOOKED_BACK: Final = timedelta(days=2)
"""Recordings sealed in these days are heard again if nothing is known of it; older ones when they
were planned then."""
ROUND_S: Final = 30.0
ASK_S: Final = 0.5


class ClosingRecogniser(Recogniser, Protocol):
    """An engine with a process of its own."""

    def close(self) -> None:
        """End it; blocks."""


class LiveLoad(Protocol):
    """What live calls need of the machine."""

    def streams(self) -> int:
        """Streams that receive audio or are still decoded."""

    def hears(self, call_id: str) -> bool:
        """Whether some of the call's audio is still to be decoded."""


class SecondPassDesk:
    """Hears calls again.

    Args:
        settings: of the installation.
        store: has the backlog and gets the transcripts.
        live: whom it gives way to.
        load: starts the engine; blocks for seconds.
        corrected: puts names right in the text that people read.
        hot_words: names for the engine, by line.
        told: gets the backlog whenever it was looked at, and how the last call went ("": none).
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        live: LiveLoad,
        load: Callable[[], ClosingRecogniser],
        *,
        corrected: Callable[[str], str] = str,
        hot_words: Callable[[str], Sequence[str]] = lambda _line: (),
        told: Callable[[SecondBacklog, str], None] = lambda _backlog, _result: None,
    ) -> None:
        self._settings = settings.second_pass
        self._store = store
        self._archive = Archive.of(settings)
        self._live = live
        self._load = load
        self._corrected = corrected
        self._hot_words = hot_words
        self._told = told
        self._wake = asyncio.Event()
        self._planned = asyncio.Event()
        self._engine: ClosingRecogniser | None = None

    def noticed(self, events: Sequence[CallEvent]) -> None:
        """Events that have been kept: a recording may have come."""
        if any(isinstance(event, RecordingSealed | CallEnded) for event in events):
            self._wake.set()

    async def run(self) -> None:
        """Work until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._plan())
                tasks.create_task(self._work())
        finally:
            await asyncio.shield(self._close())

    async def _plan(self) -> None:
        """Have calls wait whose recordings are there, also while others are heard."""
        while True:
            try:
                if self._settings.lines:
                    since = datetime.now(UTC) - LOOKED_BACK
                    await self._store.second.plan(self._settings.lines, since=since)
                self._told(await self._store.second.backlog(), "")
                self._planned.set()
            except (SQLAlchemyError, OSError) as error:
                log.warning("second_pass.not_planned", reason=str(error)[:300])
            with suppress(TimeoutError):
                async with asyncio.timeout(ROUND_S):
                    await self._wake.wait()
            self._wake.clear()

    async def _work(self) -> None:
        while True:
            await self._planned.wait()
            self._planned.clear()
            try:
                await self._work_off()
            except (SQLAlchemyError, OSError) as error:
                log.warning("second_pass.postponed", reason=str(error)[:300])
            await self._close()

    async def _work_off(self) -> None:
        """All that waits, until nothing does or there is no engine."""
        while call_id := await self._store.second.next():
            await self._idle(call_id)
            engine = await self._opened()
            if engine is None or not await self._one(call_id, engine):
                return

    async def _opened(self) -> Recogniser | None:
        if self._engine is None:
            try:
                self._engine = await asyncio.to_thread(self._load)
            except (RecogniserError, OSError) as error:
                log.warning("second_pass.no_engine", reason=str(error))
        return self._engine

    async def _close(self) -> None:
        engine, self._engine = self._engine, None
        if engine is not None:
            await asyncio.to_thread(engine.close)

    async def _idle(self, call_id: str) -> None:
        """Wait until live calls leave the machine, and have left nothing of this one to decode."""
        while True:
            busy = self._live.streams() > self._settings.live_streams
            if not busy and not self._live.hears(call_id):
                return
            await asyncio.sleep(ASK_S)

    async def _one(self, call_id: str, engine: Recogniser) -> bool:
        """Hear one call; False when there is no engine for it at present."""
        reason = ""
        try:
            material = await material_of(call_id, self._store, self._archive)
            turns = await self._heard(call_id, material, engine)
        except RecogniserGoneError as error:
            if error.innocent:
                log.warning("second_pass.no_engine", reason=str(error))
                return False
            reason = f"the recogniser dies of it: {error}"
        except (MaterialError, StereoError, RecogniserError) as error:
            reason = str(error)
        except (SQLAlchemyError, OSError):
            raise
        except Exception as error:
            # one call's surprise must not keep all others waiting
            log.exception("second_pass.surprised", call_id=call_id)
            reason = f"{type(error).__name__}: {error}"
        if reason:
            log.error("second_pass.failed", call_id=call_id, reason=reason)
            await self._store.second.failed(call_id, reason)
        else:
            log.info("second_pass.done", call_id=call_id, turns=len(turns), engine=engine.name)
            await self._store.second.done(call_id, engine.name, turns)
        self._told(await self._store.second.backlog(), "failed" if reason else "done")
        return True

    async def _heard(
        self, call_id: str, material: Material, engine: Recogniser
    ) -> list[SecondTurn]:
        side = partial(
            hear_side,
            engine,
            material.recording,
            may_go_on=partial(self._idle, call_id),
            hot_words=self._hot_words(material.line),
        )
        caller_side = await side(CALLER_SIDE)
        other_side = await side(OTHER_SIDE, talks=material.talks) if material.talks else []
        heard = attributed(caller_side, other_side, material.talks, material.live, engine.name)
        return await asyncio.to_thread(self._rows, call_id, material.begins_at, heard)

    def _rows(
        self, call_id: str, begins_at: datetime, heard: Sequence[TurnHeard]
    ) -> list[SecondTurn]:
        return [
            SecondTurn(
                call_id=call_id,
                turn=number,
                speaker=turn.speaker.value,
                text=turn.text,
                readable=readable(self._corrected(turn.text)),
                start_ms=turn.start_ms,
                end_ms=turn.end_ms,
                started_at=begins_at + timedelta(milliseconds=turn.start_ms),
                confidence=turn.confidence,
                engine=turn.engine[:128],
            )
            for number, turn in enumerate(heard)
        ]
