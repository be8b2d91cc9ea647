"""Reading the deployment's own days."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from config.calendar.days import Day, DayKind, WorkCalendar
from config.data_file import DEFAULTS, read_data, validated

DEFAULT_CALENDAR = DEFAULTS / "calendar.toml"


class _OwnDay(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: DayKind
    name: Annotated[str, Field(min_length=1, max_length=40)]


class _CalendarFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Literal[1]
    days: dict[date, _OwnDay] = {}


def load_calendar(file: Path | None) -> WorkCalendar:
    """Read and validate the calendar.

    Args:
        file: the deployment's own days (``settings.calendar``); None: those shipped (none).

    Raises:
        ConfigError: naming the file, the key (``days.2026-10-10.kind``) and the reason.
    """
    file = file or DEFAULT_CALENDAR
    loaded = validated(_CalendarFile, read_data(file), file)
    return WorkCalendar(
        {day: Day(own.kind, own.name, ordinary=False) for day, own in loaded.days.items()}
    )
