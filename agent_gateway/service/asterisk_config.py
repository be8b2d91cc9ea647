"""Asterisk's configuration from the settings, the number plan and the agents in the store."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date, datetime, timedelta, tzinfo
from pathlib import Path

from agent_gateway.journal import CDR_COLUMNS
from agent_gateway.store import Store, User
from config.calendar import DayKind, OpeningHours, WorkCalendar, load_calendar
from config.directory import load_directory
from config.menus import load_menus
from config.numberplan import (
    NumberPlan,
    Treatment,
    day_begins,
    dialled_patterns,
    load_number_plan,
    treatments,
)
from config.prompts import greeting_key
from config.queues import load_queues
from config.settings import Secrets, Settings
from telephony.asterisk.installation import Installation, find_installation
from telephony.asterisk.process import AsteriskProcess
from telephony.asterisk.rendering import (
    AgentEndpoint,
    DialplanHours,
    DialplanLine,
    DialplanQueue,
    DialplanStage,
    RenderInput,
    render_asterisk_config,
)

DAY_S = 86_400


async def apply_endpoints(settings: Settings, secrets: Secrets) -> Path:
    """Render the configuration anew from what the store says now; a running Asterisk takes it.

    Returns:
        The path of ``asterisk.conf``.

    Raises:
        ConfigError: the number plan, the menus or the queues are wrong.
        InstallationError: there is no usable Asterisk.
        RenderError: it lacks modules.
        SQLAlchemyError: the database does not answer.
        AsteriskProcessError: the running Asterisk does not answer.
    """
    # telephones only: the rest of the configuration takes effect at the next start
    return await _apply(settings, secrets, "module reload res_pjsip.so")


async def apply_dialplan(settings: Settings, secrets: Secrets) -> Path:
    """The same for the dialplan: the next call goes by it, calls in progress go on.

    Only the :class:`~agent_gateway.configuration.Reloader` calls it; it says how to use it.
    """
    return await _apply(settings, secrets, "dialplan reload")


async def _apply(settings: Settings, secrets: Secrets, command: str) -> Path:
    store = Store(settings.database_url)
    try:
        agents = await store.users.agents()
    finally:
        await store.close()
    installation = await asyncio.to_thread(find_installation, settings)
    file = await asyncio.to_thread(
        lambda: render_asterisk_config(render_input(settings, secrets, installation, agents))
    )
    asterisk = AsteriskProcess(installation, settings)
    if asterisk.is_alive:
        await asterisk.command(command)
    return file


def render_input(
    settings: Settings, secrets: Secrets, installation: Installation, agents: Sequence[User]
) -> RenderInput:
    """Everything the templates need. Blocking: reads files.

    Raises:
        ConfigError: the number plan, the menus or the queues are wrong.
    """
    plan = load_number_plan(settings.number_plan, settings.city, load_menus(settings.menus).entries)
    return RenderInput(
        settings=settings,
        secrets=secrets,
        lines=dialplan_lines(settings, plan),
        agents=tuple(
            AgentEndpoint(
                user.extension,
                user.sip_password,
                browser=settings.softphone.enabled and user.telephone == "browser",
            )
            for user in agents
            if user.extension
        ),
        cdr_columns=CDR_COLUMNS,
        modules_dir=installation.modules_dir,
        asterisk_data_dir=installation.data_dir,
        asterisk_version=installation.version,
        directory_numbers=load_directory(settings.directory).numbers,
        # yesterday is not over in every zone
        changed_days=changed_days(
            load_calendar(settings.calendar),
            datetime.now(settings.city.zone).date() - timedelta(days=1),
        ),
        more_queues=tuple(
            DialplanQueue(queue.name, queue.overflow_s, queue.overflow_to, queue.overflow_priority)
            for queue in load_queues(settings, plan).queues
        ),
    )


def dialplan_lines(settings: Settings, plan: NumberPlan) -> tuple[DialplanLine, ...]:
    """What the dialplan knows by itself of each line of the plan, the main line first.

    Every stage is there with the moment in which it begins, so that a change at midnight needs
    nobody. Numbers that are not answered themselves (retired, sub-centre …) keep their own number
    as the dialled line wherever their callers end.
    """
    spellings: dict[str, list[str]] = {}
    for spelling, number in dialled_patterns(plan, settings.city):
        spellings.setdefault(number, []).append(spelling)
    main = plan.main.number
    lines = []
    for number in sorted(spellings, key=lambda number: (number != main, number)):
        stages = tuple(
            _stage(treated, day_begins(day, settings.city.zone) if day else 0, settings.city.zone)
            for day, treated in treatments(plan, number)
        )
        lines.append(DialplanLine(number, tuple(spellings[number]), stages))
    return tuple(lines)


def _stage(treated: Treatment, begins: int, zone: tzinfo) -> DialplanStage:
    serving, announcement = treated.serving, treated.announcement
    said: tuple[str, ...] = ()
    to = treated.hand_on
    if announcement:
        said = tuple(f"{language}/{announcement.key}" for language in announcement.languages)
        said *= announcement.repeats
    return DialplanStage(
        queue=serving.queue,
        priority=serving.priority,
        language=serving.language,
        greeting=greeting_key(serving.number, serving.begins),
        begins=begins,
        announcement=said,
        cause=treated.cause,
        key_for_person=announcement is not None and announcement.key_for_person,
        rings=to.number if to else "",
        hours=_hours(to.hours, zone) if to and to.hours else None,
        release=to is not None and to.release,
    )


def _hours(hours: OpeningHours, zone: tzinfo) -> DialplanHours:
    return DialplanHours(
        week=tuple(
            (weekday * DAY_S + begins * 60, weekday * DAY_S + ends * 60)
            for weekday in range(7)
            for begins, ends in hours.ordinary(weekday)
        ),
        kinds={
            kind.value: tuple((begins * 60, ends * 60) for begins, ends in hours.on(kind))
            for kind in DayKind
        },
        # a city whose clocks change takes the new offset at the next start or reload
        utc_offset_s=_offset_s(zone),
    )


def changed_days(calendar: WorkCalendar, since: date) -> tuple[tuple[int, str], ...]:
    """The days from then on that are not what their weekday says, as the dialplan counts them."""
    epoch = date(1970, 1, 1)
    return tuple(((day - epoch).days, kind.value) for day, kind in calendar.extraordinary(since))


def _offset_s(zone: tzinfo) -> int:
    offset = datetime.now(zone).utcoffset()
    return int(offset.total_seconds()) if offset else 0
