"""Asks the model about calls as they go on, beside the rules and never in their way."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Protocol

import structlog

from asr.extractor.answer import AnswerError, read_answer
from asr.extractor.chat import ModelError
from asr.extractor.question import messages
from asr.extractor.redaction import redacted
from asr.prefill.citing import Said
from telephony.background import Tasks
from telephony.events import (
    CallArrived,
    CallEnded,
    Event,
    EventBus,
    ExtractionEnded,
    PrefillChanged,
    Speaker,
    TranscriptFinal,
)

log = structlog.get_logger(__name__)

QUIET_S: Final = 1.0
"""After a turn; what follows at once belongs to the same question."""
REST_S: Final = 30.0
"""After a failure nobody asks for so long: a dead server costs one time-out, not one a turn."""
_PERSONAL: Final = ("caller_name", "callback_phone")
_REMEMBERED: Final = 500


class Model(Protocol):
    """Whoever answers questions."""

    async def ask(self, messages: list[dict[str, str]]) -> str:
        """The answer.

        Raises:
            ModelError: there is none.
        """


@dataclass(slots=True)
class _Call:
    caller: str
    said: list[Said] = field(default_factory=list)
    personal: set[str] = field(default_factory=set)
    asked: int = 0
    asking: bool = False


class LiveExtractor:
    """Publishes :class:`ExtractionEnded` for each question, answered or not.

    Args:
        bus: heard and published on.
        model: asked.
        concurrent: questions at the same time, over all calls.
        quiet_s: see :data:`QUIET_S`.
        rest_s: see :data:`REST_S`.
    """

    def __init__(
        self,
        bus: EventBus,
        model: Model,
        *,
        concurrent: int,
        quiet_s: float = QUIET_S,
        rest_s: float = REST_S,
    ) -> None:
        self._bus = bus
        self._model = model
        self._quiet_s = quiet_s
        self._rest_s = rest_s
        self._turn = asyncio.Semaphore(concurrent)
        self._tasks = Tasks("extractor")
        self._resting_until = 0.0
        # the last words of a call come after its end
        self._calls: OrderedDict[str, _Call] = OrderedDict()

    async def run(self) -> None:
        """Follow the bus until it closes or the task is cancelled."""
        try:
            with self._bus.subscribe("extractor") as events:
                async for event in events:
                    self._heard(event)
        finally:
            await self._tasks.stop()

    def _heard(self, event: Event) -> None:
        match event:
            case CallArrived():
                self._calls.setdefault(event.call_id, _Call(event.caller))
                if len(self._calls) > _REMEMBERED:
                    self._calls.popitem(last=False)
            case PrefillChanged() if event.call_id in self._calls:
                self._calls[event.call_id].personal |= _personal(event.fields)
            case TranscriptFinal() if event.call_id in self._calls:
                call = self._calls[event.call_id]
                call.said.append(Said(event.speaker.value, event.turn, event.text))
                if event.speaker is Speaker.CALLER:
                    self._plan(event.call_id, call)
            case CallEnded() if event.call_id in self._calls:
                call = self._calls[event.call_id]
                if call.asked < len(call.said):
                    self._plan(event.call_id, call)

    def _plan(self, call_id: str, call: _Call) -> None:
        if not call.asking:
            call.asking = True
            self._tasks.start(self._ask_about(call_id, call), f"extractor-{call_id}")

    async def _ask_about(self, call_id: str, call: _Call) -> None:
        try:
            while call.asked < len(call.said):
                await asyncio.sleep(self._quiet_s)
                async with self._turn:
                    heard = list(call.said)
                    call.asked = len(heard)
                    if asyncio.get_running_loop().time() >= self._resting_until:
                        self._bus.publish(await self._ask(call_id, call, heard))
        finally:
            call.asking = False

    async def _ask(self, call_id: str, call: _Call, heard: list[Said]) -> ExtractionEnded:
        loop = asyncio.get_running_loop()
        began, fields = loop.time(), dict[str, Any]()
        try:
            sent = await asyncio.to_thread(redacted, heard, {call.caller, *call.personal})
            answer = await self._model.ask(await asyncio.to_thread(messages, sent))
            fields = await asyncio.to_thread(read_answer, answer, sent, heard)
            result, reason = "ok", ""
        except ModelError as error:
            result, reason = error.result, str(error)
        except AnswerError as error:
            result, reason = "garbage", str(error)
        except Exception as error:
            log.exception("extractor.failed", call_id=call_id)
            result, reason = "failed", type(error).__name__
        if result != "ok":
            self._resting_until = loop.time() + self._rest_s
            log.warning("extractor.no_answer", call_id=call_id, result=result, reason=reason)
        return ExtractionEnded(
            at=datetime.now(UTC),
            call_id=call_id,
            result=result,
            seconds=round(loop.time() - began, 3),
            fields=fields,
        )


def _personal(fields: Mapping[str, Any]) -> set[str]:
    """The value and the words of the fields that are a person's."""
    found = set()
    for name in _PERSONAL:
        guess = fields.get(name) or {}
        found |= {one["words"] for one in guess.get("evidence") or []}
        if isinstance(value := guess.get("value"), str) and len(value) > 1:
            found.add(value)
    return found
