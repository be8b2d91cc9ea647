"""Data files and disk."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from agent_gateway.doctor.finding import Finding, fail, ok, warn
from config.calendar import LAST_YEAR, load_calendar
from config.directory import load_directory
from config.errors import ConfigError
from config.menus import load_menus
from config.numberplan import load_number_plan
from config.settings import Settings

SCARCE_BYTES = 5 * 2**30
LOWEST_BYTES = 200 * 2**20
RECORDING_BYTES_PER_HOUR = 2 * 16000 * 3600  # two parties, 16 bit, 8 kHz, before it is sealed
LAST_MONTH = 12


def check_data_files(settings: Settings) -> Iterator[Finding]:
    """Whether number plan, menus and directory can be used."""
    try:
        menus = load_menus(settings.menus)
        plan = load_number_plan(settings.number_plan, settings.city, menus.entries)
        load_directory(settings.directory)
    except ConfigError as error:
        yield fail(
            "number plan", str(error), "correct that file; the running service keeps the old"
        )
    else:
        yield ok("number plan", f"{settings.city.name}, main line {plan.main.number}")


def check_calendar(settings: Settings) -> Iterator[Finding]:
    """Whether the holidays of this year, and late in the year those of the next, are known."""
    try:
        calendar = load_calendar(settings.calendar)
    except ConfigError as error:
        yield fail("calendar", str(error), "correct that file; the running service keeps the old")
        return
    today = datetime.now(settings.city.zone).date()
    # the State Council publishes a year's holidays in the November before it
    needed = {today.year} | ({today.year + 1} if today.month == LAST_MONTH else set())
    unknown = sorted(year for year in needed if not calendar.knows(year))
    own = f", {len(calendar.overrides)} days of the city's own" if calendar.overrides else ""
    if unknown:
        years = " and ".join(str(year) for year in unknown)
        yield warn(
            "calendar",
            f"the holidays of {years} are not known: Monday to Friday count as working days",
            "install a newer version, or put that year's holidays and shifted working days into "
            "the file named by calendar in hotline.toml",
        )
    else:
        yield ok("calendar", f"holidays known up to {LAST_YEAR}{own}")


def check_disk(settings: Settings) -> Iterator[Finding]:
    """Whether recordings fit."""
    folder = _existing(settings.data_dir)
    free = shutil.disk_usage(folder).free
    hours = free // RECORDING_BYTES_PER_HOUR
    said = f"{free / 2**30:.1f} GB free in {folder}, about {hours} hours of calls"
    if free < LOWEST_BYTES:
        yield fail("disk", said, "make room now: recordings are going to be cut off")
    elif free < SCARCE_BYTES:
        yield warn("disk", said, "make room, or move data_dir to a larger disk")
    else:
        yield ok("disk", said)


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists())
