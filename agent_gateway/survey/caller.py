"""Ringing citizens some time after their call, to ask how it was.

Who is to be rung is written down before, and every attempt is, so that nothing that is killed in
between can lead to a second one. From the citizen's answer on the call needs Asterisk only.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Protocol

import structlog
from sqlalchemy.exc import SQLAlchemyError

from agent_gateway.store import Call, ListedCaller, Store, SurveyCall
from agent_gateway.survey.outcome import Outcome, outcome_of
from config.calendar import CityClock
from config.settings import OutboundSettings, SurveyCallSettings
from ivr.survey import STEP
from telephony.background import InBackground, Work
from telephony.calls import Call as LiveCall
from telephony.calls import is_outward, is_survey
from telephony.calls.outward import SURVEY_PREFIX, new_call_id
from telephony.events import CallArrived, CallEnded, CallEvent, EventBus
from telephony.outbound import national_number

log = structlog.get_logger(__name__)

EVERY_S = 5.0
# Later nobody remembers the call.
LONGEST = timedelta(days=3)
# An attempt whose call never came into being, e.g. because the service was killed in that moment.
FORGOTTEN_AFTER = timedelta(minutes=10)
# Citizens who are in a call just now are passed over.
LOOKED_AT = 50
BY = "survey"


class Ringing(Protocol):
    """The part of :class:`telephony.outbound.SurveyDialler` that is used here."""

    async def ring(
        self, call_id: str, number: str, trunk: int, variables: Mapping[str, str]
    ) -> None:
        """Ring a citizen."""


@dataclass(frozen=True, slots=True)
class Telephony:
    """What the caller needs of Asterisk.

    Attributes:
        dialler: rings citizens.
        live: the calls in progress; None while nobody can know.
        hang_up: ends a channel.
        queues: where citizens can wait for a person, the default first.
    """

    dialler: Ringing
    live: Callable[[], Mapping[str, LiveCall] | None]
    hang_up: Callable[[str], Awaitable[None]]
    queues: Sequence[str]


class SurveyCaller(InBackground):
    """Use as ``async with``; give ``noticed`` to the journal.

    Args:
        store: where everything is written down.
        bus: tells of citizens who call.
        telephony: rings them.
        settings: which lines, when and how often.
        outbound: trunks and emergency lines.
        clock: of the city.
        citizen: a caller's number in its one form; "" for none.
    """

    def __init__(
        self,
        store: Store,
        bus: EventBus,
        telephony: Telephony,
        settings: SurveyCallSettings,
        outbound: OutboundSettings,
        clock: CityClock,
        citizen: Callable[[str], str],
    ) -> None:
        self._store = store
        self._bus = bus
        self._telephony = telephony
        self._settings = settings
        self._outbound = outbound
        self._clock = clock
        self._citizen = citizen
        self._shares = settings.share_by_line if outbound.trunks else {}
        self._placing: set[str] = set()

    def _work(self) -> Mapping[str, Work]:
        return {"survey-calls": self._keep_ringing(), "survey-give-way": self._give_way()}

    def noticed(self, events: Sequence[CallEvent]) -> None:
        """Take note of events that are in the store now."""
        for event in events:
            if isinstance(event, CallEnded):
                self.recovered(event.call_id)

    def recovered(self, call_id: str) -> None:
        """Take note of a call whose record is complete now."""
        if is_survey(call_id):
            self._tasks.start(self._quietly(self._ended(call_id)))
        elif self._shares and not is_outward(call_id):
            self._tasks.start(self._quietly(self.choose(call_id)))

    # ---- who is rung

    async def choose(self, call_id: str) -> None:
        """Enter a citizen whose call is over, if the call is in the sample.

        Raises:
            SQLAlchemyError: the store does not answer.
        """
        call = await self._store.survey_calls.choosable(call_id)
        if call is None or call.ended_at is None or _asked_already(call):
            return
        if not in_sample(call.id, self._shares.get(call.line, 0)):
            return
        number, citizen = national_number(call.caller), self._citizen(call.caller)
        if number is None or not citizen or number in self._outbound.emergency_lines:
            return
        row = SurveyCall(
            about=call.id,
            citizen=citizen,
            number=number,
            line=call.line,
            agent=call.agent,
            queue=call.queue,
            chosen_at=call.ended_at,
            next_at=call.ended_at + timedelta(minutes=self._settings.minutes_after),
        )
        if await self._store.survey_calls.add(row):
            log.info("survey.call_chosen", about=call.id, line=call.line)

    async def _choose_forgotten(self) -> None:
        """Calls that ended while nobody listened."""
        if not self._shares:
            return
        since = datetime.now(UTC) - LONGEST
        for call_id in await self._store.survey_calls.forgotten(list(self._shares), since=since):
            await self.choose(call_id)

    # ---- ringing

    async def look(self) -> None:
        """Ring everybody whose time has come, as many as may be at once.

        Raises:
            SQLAlchemyError: the store does not answer; nobody is rung.
        """
        live = self._telephony.live()
        if live is None or not self._shares or not self._clock.open(self._settings.hours):
            return
        now = datetime.now(UTC)
        asked = self._placing | {call_id for call_id in live if is_survey(call_id)}
        room = self._settings.at_once - len(asked)
        talking = {self._citizen(call.caller) for call in live.values()}
        for row in await self._store.survey_calls.due(now, limit=LOOKED_AT):
            if room <= 0:
                return
            if row.citizen in talking:
                continue
            if now - row.chosen_at > LONGEST:
                await self._store.survey_calls.drop(row.about, result=Outcome.EXPIRED, at=now)
            elif await self._store.survey_calls.unwanted(row, at=now, since=self._lately(now)):
                await self._store.survey_calls.drop(row.about, result=Outcome.NOT_WANTED, at=now)
            elif await self._ring(row, now):
                talking.add(row.citizen)
                room -= 1

    async def _ring(self, row: SurveyCall, now: datetime) -> bool:
        call_id = new_call_id(now, SURVEY_PREFIX)
        # nobody is rung of whom it is not written down
        if not await self._store.survey_calls.begin(row.about, call_id, now):
            return False
        self._placing.add(call_id)
        self._tasks.start(self._place(row, call_id))
        log.info("survey.call_placed", call_id=call_id, about=row.about)
        return True

    async def _place(self, row: SurveyCall, call_id: str) -> None:
        queues = self._telephony.queues
        variables = {
            "HL_LINE": row.line,
            "HL_QUEUE": row.queue if row.queue in queues else queues[0],
            "HL_ABOUT": row.about,
        }
        trunk = min(row.trunk, len(self._outbound.trunks))
        try:
            await self._telephony.dialler.ring(call_id, row.number, trunk, variables)
        except OSError as error:
            # its record tells what became of it; without any, the sweep does
            log.info("survey.call_not_answered", call_id=call_id, reason=str(error)[:200])
        finally:
            self._placing.discard(call_id)

    def _lately(self, now: datetime) -> datetime | None:
        days = self._settings.days_between
        return now - timedelta(days=days) if days else None

    # ---- what comes of it

    async def _ended(self, call_id: str) -> None:
        row = await self._store.survey_calls.of_call(call_id)
        call = await self._store.calls.get(call_id)
        if row is None or row.result or call is None or call.ended_at is None:
            return
        await self._finish(row, outcome_of(call), call.ended_at)

    async def _finish(self, row: SurveyCall, outcome: Outcome, at: datetime) -> None:
        attempts = row.attempts + (outcome is not Outcome.UNREACHABLE)
        trunk, next_at = 1, None
        if not outcome.final and attempts < self._settings.attempts:
            next_at = at + timedelta(minutes=self._settings.minutes_between)
            if outcome is Outcome.UNREACHABLE and row.trunk < len(self._outbound.trunks):
                trunk, next_at = row.trunk + 1, at
        if outcome is Outcome.NO_MORE:
            await self._leave_in_peace(row, at)
        await self._store.survey_calls.finish(
            row.about,
            row.call_id,
            result=outcome,
            at=at,
            attempts=attempts,
            trunk=trunk,
            next_at=next_at,
        )
        log.info("survey.call_ended", call_id=row.call_id, about=row.about, result=outcome.value)

    async def _leave_in_peace(self, row: SurveyCall, at: datetime) -> None:
        entry = ListedCaller(
            list="no_survey",
            number=row.citizen,
            reason=f"按键退订 / asked for it in call {row.call_id}",
            priority=0,
            until=None,
            created_at=at,
            created_by=BY,
            removed_at=None,
            removed_by="",
        )
        # on the list already
        with contextlib.suppress(ValueError):
            await self._store.callers.add(entry, ip="")

    async def sweep(self) -> None:
        """Look for attempts that ended while nobody listened.

        Raises:
            SQLAlchemyError: the store does not answer.
        """
        live, now = self._telephony.live(), datetime.now(UTC)
        for row, call in await self._store.survey_calls.unfinished():
            if call is not None and call.ended_at is not None:
                await self._finish(row, outcome_of(call), call.ended_at)
            elif (
                call is None
                and live is not None
                and row.call_id not in live
                and row.asked_at is not None
                and now - row.asked_at > FORGOTTEN_AFTER
            ):
                await self._finish(row, Outcome.UNREACHABLE, now)

    async def _keep_ringing(self) -> None:
        await self._quietly(self._choose_forgotten())
        while True:
            await self._quietly(self.sweep())
            await self._quietly(self.look())
            await asyncio.sleep(EVERY_S)

    async def _give_way(self) -> None:
        """A citizen who calls while being rung is not rung any more."""
        with self._bus.subscribe("survey-calls") as events:
            async for event in events:
                if isinstance(event, CallArrived) and not is_survey(event.call_id):
                    await self._stop_ringing(self._citizen(event.caller))

    async def _stop_ringing(self, citizen: str) -> None:
        for call in list((self._telephony.live() or {}).values()):
            if is_survey(call.call_id) and citizen and self._citizen(call.caller) == citizen:
                log.info("survey.call_gives_way", call_id=call.call_id)
                try:
                    await self._telephony.hang_up(call.channel)
                except OSError as error:
                    log.info("survey.call_rings_on", call_id=call.call_id, reason=str(error)[:200])

    async def _quietly(self, work: Work) -> None:
        try:
            await work
        except (SQLAlchemyError, OSError) as error:
            # the next look or sweep finds it again
            log.warning("survey.call_not_written", reason=str(error)[:300])


def in_sample(call_id: str, share: int) -> bool:
    """Whether a call is among ``share`` of a hundred: always the same answer for the same call."""
    return int.from_bytes(sha256(call_id.encode()).digest()[:8]) % 100 < share


def _asked_already(call: Call) -> bool:
    """Asked within the call, without an answer; or the call was no ordinary one."""
    steps: Collection[str] = {step["prompt"] for step in call.path if step["step"] == "ivr"}
    return (
        STEP in steps
        or any(one.startswith("emergency_") for one in steps)
        or any(step["step"] == "transferred" for step in call.path)
    )
