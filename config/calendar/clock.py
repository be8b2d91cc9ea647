"""The city's time now, and what is open by it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from config.calendar.days import WorkCalendar
from config.calendar.hours import OpeningHours


def _utc_now() -> datetime:
    return datetime.now(UTC)


class CityClock:
    """Asked by whoever does something at certain hours only.

    Attributes:
        calendar: in force; exchanged when its file has changed.
    """

    def __init__(
        self, zone: ZoneInfo, calendar: WorkCalendar, *, now: Callable[[], datetime] = _utc_now
    ) -> None:
        self.calendar = calendar
        self._zone = zone
        self._now = now

    def open(self, hours: OpeningHours) -> bool:
        """Whether it is open now."""
        return hours.open_at(self._local(self._now()), self.calendar)

    def open_since(self, moment: datetime, hours: OpeningHours) -> timedelta:
        """How long it has been open since an aware moment."""
        return hours.open_time(self._local(moment), self._local(self._now()), self.calendar)

    def _local(self, moment: datetime) -> datetime:
        return moment.astimezone(self._zone)
