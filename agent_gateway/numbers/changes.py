"""What took effect at midnight is written down: which number, what it became, who had planned it.

Nobody has to be there when it happens: the dialplan reads the clock. This only tells, at the time
or after the next start, whoever asks the audit trail.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from agent_gateway.configuration.loaded import file_of, versions_of
from agent_gateway.store import Store
from config.errors import ConfigError
from config.menus import load_menus
from config.numberplan import NumberPlan, Treatment, day_begins, load_number_plan, treatments
from config.settings import Settings

log = structlog.get_logger(__name__)

STAGE_BEGAN = "number.stage_began"
BY_ITSELF = "system"
_LOOKED_BACK = timedelta(days=400)
_OFTEN_S = 20.0


@dataclass(frozen=True, slots=True)
class StageBegan:
    """A number's callers get something else from a moment on.

    Attributes:
        number: the line.
        day: local, from whose first moment on.
        what: mode before and after, and what becomes of calls.
        planned: the version of the plan, who took it into use and when.
    """

    number: str
    day: date
    what: str
    planned: str


class StageWatch:
    """Tells of each change once, in the log and the audit trail."""

    def __init__(self, settings: Settings, store: Store, *, every_s: float = _OFTEN_S) -> None:
        self._settings = settings
        self._store = store
        self._every_s = every_s

    async def run(self) -> None:
        """Look again and again until cancelled."""
        while True:
            try:
                await self.look()
            except (SQLAlchemyError, OSError, ValueError) as error:
                log.warning("number.changes_not_told", reason=str(error)[:300])
            await asyncio.sleep(self._every_s)

    async def look(self) -> None:
        """Tell what has begun and was not told yet.

        Raises:
            SQLAlchemyError: the database does not answer; the next look tells it.
            OSError, ValueError: the plan's history cannot be read.
        """
        now = datetime.now(UTC)
        begun = await asyncio.to_thread(self._begun, now)
        if not begun:
            return
        told = await self._store.audit.objects(STAGE_BEGAN)
        for one in begun:
            thing = f"{one.number} {one.day}"
            if thing in told:
                continue
            detail = f"{one.what}; {one.planned}"
            await self._store.audit.add(BY_ITSELF, STAGE_BEGAN, thing, detail=detail)
            log.info(STAGE_BEGAN, line=one.number, day=str(one.day), what=one.what, by=one.planned)

    def _begun(self, now: datetime) -> list[StageBegan]:
        if file_of(self._settings, "number_plan") is None:
            return []  # the package's own plan has no dates
        changes = versions_of(self._settings, "number_plan").history()
        found: list[StageBegan] = []
        for change, after in itertools.zip_longest(changes, changes[1:]):
            begin = max(datetime.fromisoformat(change.at), now - _LOOKED_BACK)
            end = datetime.fromisoformat(after.at) if after else now
            if end <= begin or (plan := self._plan(change.version)) is None:
                continue
            planned = f"version {change.version} by {change.who or 'nobody named'} at {change.at}"
            found += self._between(plan, begin, end, planned)
        return found

    def _plan(self, version: int) -> NumberPlan | None:
        versions = versions_of(self._settings, "number_plan")
        file = file_of(self._settings, "number_plan")
        suffix = file.suffix if file else ".toml"
        kept = versions.folder / f"{version}{suffix}"
        menus = load_menus(self._settings.menus).entries
        try:
            return load_number_plan(kept, self._settings.city, menus)
        except ConfigError as error:
            log.warning("number.version_unreadable", version=version, reason=str(error))
            return None

    def _between(
        self, plan: NumberPlan, begin: datetime, end: datetime, planned: str
    ) -> Iterator[StageBegan]:
        for number in plan.lines:
            stages = treatments(plan, number)
            for (_, before), (day, after) in itertools.pairwise(stages):
                assert day is not None
                moment = datetime.fromtimestamp(day_begins(day, self._settings.city.zone), UTC)
                if begin <= moment <= end:
                    yield StageBegan(number, day, f"{_said(before)} > {_said(after)}", planned)


def _said(treated: Treatment) -> str:
    said = f" {treated.announcement.key}" if treated.announcement else ""
    end = f"cause {treated.cause}" if treated.cause else f"line {treated.serving.number}"
    return f"{treated.line.mode.value}{said} ({end})"
