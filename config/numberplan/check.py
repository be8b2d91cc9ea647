"""What must hold between the lines of a number plan."""

from __future__ import annotations

import itertools
from collections.abc import Collection
from datetime import date
from pathlib import Path

from config.errors import ConfigError
from config.numberplan.models import (
    AnsweredLine,
    Line,
    MergedLine,
    Mode,
    NumberPlan,
    OfficeLine,
    SubCentreLine,
)
from config.numberplan.schedule import boundaries, check_schedules
from config.numberplan.variants import EMERGENCY_NUMBERS, variants


def check_plan(plan: NumberPlan, file: Path, *, area_code: str, menu_keys: Collection[str]) -> None:
    """Refuse a plan that could send a caller to the wrong place or to none.

    Raises:
        ConfigError: naming the key and what is wrong with it.
    """
    check_schedules(plan, file)
    _check_hours(plan, file)
    _check_spellings(plan, file, area_code)
    _check_handed_on(plan, file, area_code)
    # Stages of different lines change on different days: what must hold, must hold on every day.
    for day in (date.min, *boundaries(plan)):
        today = plan.on(day)
        _check_main(today, file)
        _check_menus(today, file, menu_keys)
        _check_forwards(today, file)


def _check_main(plan: NumberPlan, file: Path) -> None:
    mains = [number for number, line in plan.lines.items() if line.mode is Mode.MAIN]
    if not mains:
        raise ConfigError(
            file,
            "lines",
            'no line has mode = "main"; exactly one must',
            '没有主号：应有且只有一个 mode = "main"',
        )
    if len(mains) > 1:
        raise ConfigError(
            file,
            f"lines.{mains[1]}.mode",
            f"{mains[0]} is the main line already; use dual here",
            f"主号已是 {mains[0]}，这里请用 dual",
        )


def _check_spellings(plan: NumberPlan, file: Path, area_code: str) -> None:
    owners: dict[str, str] = {}
    emergency = {
        spelling for number in EMERGENCY_NUMBERS for spelling in variants(number, area_code)
    }
    for number, line in plan.lines.items():
        own: set[str] = set()
        for key, published in [("", number)] + [(".aliases", alias) for alias in line.aliases]:
            spellings = variants(published, area_code, plan.carrier_prefixes)
            if published in EMERGENCY_NUMBERS or emergency.intersection(spellings):
                raise ConfigError(
                    file,
                    f"lines.{number}{key}",
                    f"{published} can be dialled as an emergency number; those are never lines",
                    f"{published} 的拨法与应急号码相同，应急号码不能作线路",
                )
            for spelling in spellings:
                if spelling in own and key:
                    raise ConfigError(
                        file,
                        f"lines.{number}{key}",
                        f"{published} is recognised as this line already; remove the alias",
                        f"{published} 本来就认作这条线路，请删除这个别名",
                    )
                if owners.get(spelling, number) != number:
                    raise ConfigError(
                        file,
                        f"lines.{number}{key}",
                        f"{published} dialled as {spelling} is also line {owners[spelling]}",
                        f"{published} 拨作 {spelling} 时又是线路 {owners[spelling]}",
                    )
            own.update(spellings)
            owners.update(dict.fromkeys(spellings, number))


def _check_handed_on(plan: NumberPlan, file: Path, area_code: str) -> None:
    """What the dialplan may ring by itself: neither this hotline again nor an emergency line."""
    own = {
        spelling: number
        for number, line in plan.lines.items()
        for published in (number, *line.aliases)
        for spelling in variants(published, area_code, plan.carrier_prefixes)
    }
    emergency = {
        spelling for number in EMERGENCY_NUMBERS for spelling in variants(number, area_code)
    }
    for line in itertools.chain.from_iterable(line.history for line in plan.lines.values()):
        if not isinstance(line, OfficeLine | SubCentreLine) or line.hand_on_to is None:
            continue
        name = "rings" if isinstance(line, OfficeLine) else "transfer_to"
        key, number = f"{_where(line)}.{name}", line.hand_on_to
        if number in emergency:
            raise ConfigError(
                file,
                key,
                f"{number} is an emergency number; people dial those",
                f"{number} 是应急号码，只能由人拨打",
            )
        if number in own:
            raise ConfigError(
                file,
                key,
                f"a loop: {number} is line {own[number]}, whose calls come here; take a number "
                "that leads past the hotline",
                f"循环：{number} 是线路 {own[number]}，来电又回到这里；请填不经过本热线的号码",
            )


def _check_hours(plan: NumberPlan, file: Path) -> None:
    for line in (stage for one in plan.lines.values() for stage in one.history):
        key = _where(line)
        if line.mode is Mode.MAIN and (line.hours or line.closed):
            raise ConfigError(
                file,
                f"{key}.hours",
                "the main line is answered 24 hours a day",
                "主号 24 小时接听，不能设服务时间",
            )
        if line.mode in (Mode.MERGED, Mode.CANCELLED) and (line.hours or line.closed):
            raise ConfigError(
                file,
                f"{key}.hours",
                f"a {line.mode} number has no hours",
                f"{line.mode} 号码没有服务时间",
            )
        if (line.hours is None) != (line.closed is None):
            raise ConfigError(
                file,
                f"{key}.closed",
                "hours and closed (what callers get outside them) go together",
                "hours 和 closed（非服务时间的处理）要一起写",
            )


def _check_menus(plan: NumberPlan, file: Path, menu_keys: Collection[str]) -> None:
    for line in plan.lines.values():
        if isinstance(line, AnsweredLine) and line.menu and line.menu not in menu_keys:
            known = ", ".join(sorted(menu_keys)) or "none"
            raise ConfigError(
                file,
                f"{_where(line)}.menu",
                f"no entry menu {line.menu!r}; there are: {known}",
                f"没有入口菜单“{line.menu}”；现有：{known}",
            )
        if line.closed and line.closed.menu and line.closed.menu not in menu_keys:
            known = ", ".join(sorted(menu_keys)) or "none"
            raise ConfigError(
                file,
                f"{_where(line)}.closed.menu",
                f"no entry menu {line.closed.menu!r}; there are: {known}",
                f"没有入口菜单“{line.closed.menu}”；现有：{known}",
            )


def _check_forwards(plan: NumberPlan, file: Path) -> None:
    for number, line in plan.lines.items():
        seen = [number]
        while isinstance(line, MergedLine) and line.forward_to is not None:
            key = f"{_where(line)}.forward_to"
            target = plan.lines.get(line.forward_to)
            if target is None:
                raise ConfigError(
                    file,
                    key,
                    f"{line.forward_to} is not a line of this plan",
                    f"{line.forward_to} 不是号码库中的线路",
                )
            if line.forward_to in seen:
                raise ConfigError(
                    file,
                    key,
                    f"goes in a circle: {' > '.join(seen)} > {seen[0]}",
                    f"循环转接：{' > '.join(seen)} > {seen[0]}",
                )
            seen.append(line.forward_to)
            last, line = line, target
        if len(seen) > 1 and not isinstance(line, AnsweredLine):
            raise ConfigError(
                file,
                f"{_where(last)}.forward_to",
                f"ends at {seen[-1]}, which nobody answers; forward to the main or a dual line",
                f"最终转到无人接听的 {seen[-1]}；请转到主号或双号并行的线路",
            )


def _where(line: Line) -> str:
    return f"lines.{line.number}" + (f".stages (from {line.begins})" if line.begins else "")
