"""The recogniser as the service sees it: like any other, but its faults are only errors.

A stream whose process has died raises; whoever feeds it opens another, which starts the process
again, and feeds it what had no final yet. Two requests are worked on at the same time at most as
many as there are connections; after a death every request that was under way is repeated alone, so
that audio which kills the process is found and takes no other with it.
"""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import structlog

from asr.apart.process import EngineProcess, ProcessDiedError
from asr.apart.wire import Answer, Operation, heard_from_json, parsed_answer, request
from asr.recogniser.interface import (
    Hypothesis,
    RecogniserError,
    RecogniserGoneError,
    RecogniserStream,
)

log = structlog.get_logger(__name__)

ANSWER_S: Final = 90.0
"""20 s of speech take Whisper some seconds on a free core and a minute on a crowded machine."""
RESTART_PAUSE_S: Final = 1.0
ALONE_S: Final = 30.0
NICENESS: Final = 5
"""Asterisk and the service come before recognition."""


class RecogniserApart:
    """A :class:`~asr.recogniser.Recogniser` whose model is in another process."""

    def __init__(
        self,
        engine: str,
        model: Path,
        *,
        threads: int,
        niceness: int = NICENESS,
        answer_s: float = ANSWER_S,
    ) -> None:
        """Start the process and load the model there; blocks.

        Args:
            engine: ``vosk``, ``whisper`` or ``sherpa``.
            model: folder of its model.
            threads: how many streams are decoded at the same time.
            niceness: how much lower its priority is than this process's.
            answer_s: a process that takes longer for a request is ended.

        Raises:
            RecogniserError: the model cannot be loaded.
            OSError: no process can be started.
        """
        self._engine = engine
        self._model = model
        self._threads = threads
        self._niceness = niceness
        self._answer_s = answer_s
        self._numbers = itertools.count(1)
        self._changing = threading.Lock()
        self._gate = threading.Condition()
        self._under_way = 0
        self._alone = False
        self._suspicious_until = 0.0
        self._failed_at = 0.0
        self._closed = False
        self.deaths = 0
        self._process: EngineProcess | None = EngineProcess(
            engine, model, connections=threads, niceness=niceness
        )
        self._name = self._process.name

    @property
    def name(self) -> str:
        """Engine and model."""
        return self._name

    @property
    def pid(self) -> int | None:
        """Process id of the recogniser; None while there is none."""
        process = self._process
        return None if process is None else process.pid

    def open_stream(
        self, sample_rate_hz: int = 8000, hot_words: Sequence[str] = ()
    ) -> RecogniserStream:
        """See :class:`~asr.recogniser.interface.Recogniser`; starts the process if it died.

        Raises:
            RecogniserError: the engine cannot open a stream.
            RecogniserGoneError: there is no process, and none could be started yet.
        """
        process = self._living()
        number = next(self._numbers)
        wanted = {"rate": sample_rate_hz, "hot_words": list(hot_words)}
        payload = json.dumps(wanted).encode()
        self.ask(process, request(Operation.OPEN, number, payload))
        return StreamApart(self, process, number)

    def close(self) -> None:
        """End the process; what is asked afterwards fails."""
        with self._changing:
            self._closed = True
            process, self._process = self._process, None
        if process is not None:
            process.end()

    def ask(self, process: EngineProcess, data: bytes) -> list[Hypothesis]:
        """What a request brings.

        Raises:
            RecogniserError: the engine failed at it.
            RecogniserGoneError: the process died at it, or had died before.
        """
        if process is not self._process:
            raise RecogniserGoneError("the recogniser's process was replaced", innocent=True)
        with self._turn() as alone:
            if process is not self._process:
                raise RecogniserGoneError("the recogniser's process was replaced", innocent=True)
            try:
                kind, value = parsed_answer(process.ask(data, self._answer_s))
            except ProcessDiedError as error:
                self._died(process, str(error))
                # with others under way, any of them may have been the cause
                raise RecogniserGoneError(str(error), innocent=not alone) from error
        if kind is not Answer.HEARD:
            raise RecogniserError(str(value) if value else "the recogniser lost the stream")
        rows: list[dict[str, Any]] = value
        return heard_from_json(rows)

    @contextmanager
    def _turn(self) -> Iterator[bool]:
        """Side by side with others; alone (True) for a while after a death."""
        with self._gate:
            self._gate.wait_for(lambda: not self._alone)
            alone = self._alone = time.monotonic() < self._suspicious_until
            if alone:
                self._gate.wait_for(lambda: self._under_way == 0)
            self._under_way += 1
        try:
            yield alone or self._threads == 1
        finally:
            with self._gate:
                self._under_way -= 1
                if alone:
                    self._alone = False
                self._gate.notify_all()

    def _died(self, process: EngineProcess, reason: str) -> None:
        with self._changing:
            if process is not self._process:
                return
            self._process = None
            self.deaths += 1
            self._suspicious_until = time.monotonic() + ALONE_S
        log.error("asr.process_died", engine=self._name, reason=reason)
        process.end()

    def _living(self) -> EngineProcess:
        with self._changing:
            if self._closed:
                raise RecogniserGoneError("the recogniser was closed", innocent=True)
            if self._process is None:
                pause_s = self._failed_at + RESTART_PAUSE_S - time.monotonic()
                if pause_s > 0:
                    time.sleep(pause_s)
                try:
                    self._process = EngineProcess(
                        self._engine,
                        self._model,
                        connections=self._threads,
                        niceness=self._niceness,
                    )
                except (RecogniserError, OSError) as error:
                    self._failed_at = time.monotonic()
                    raise RecogniserGoneError(str(error), innocent=True) from error
                log.info("asr.process_started", engine=self._name, pid=self._process.pid)
            return self._process


class StreamApart:
    """One party's audio on its way to the other process."""

    def __init__(self, recogniser: RecogniserApart, process: EngineProcess, number: int) -> None:
        self.want_partials = True
        self._recogniser = recogniser
        self._process = process
        self._number = number

    def feed(self, pcm: bytes) -> list[Hypothesis]:
        """See :class:`~asr.recogniser.interface.RecogniserStream`."""
        operation = Operation.FEED if self.want_partials else Operation.FEED_FINALS
        return self._recogniser.ask(self._process, request(operation, self._number, pcm))

    def finish(self) -> list[Hypothesis]:
        """See :class:`~asr.recogniser.interface.RecogniserStream`."""
        return self._recogniser.ask(self._process, request(Operation.FINISH, self._number))
