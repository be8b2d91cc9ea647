"""The days on which something changes, and what must hold between a line's stages."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, tzinfo
from pathlib import Path

from config.errors import ConfigError
from config.numberplan.models import (
    CancelledLine,
    Line,
    MergedLine,
    Mode,
    Notice,
    NumberPlan,
    OfficeLine,
)

_DAY = timedelta(days=1)


def boundaries(plan: NumberPlan) -> list[date]:
    """The days, in order, on which any line of the plan may begin to be treated differently."""
    days: set[date] = set()
    for line in plan.lines.values():
        for stage in line.history:
            days.update(day for day in (stage.begins, first_day_of(stage)) if day)
            if isinstance(stage, MergedLine) and stage.until and stage.until < date.max:
                days.add(stage.until + _DAY)
            for notice in notices_of(stage):
                days.add(notice.begins)
                if notice.to and notice.to < date.max:
                    days.add(notice.to + _DAY)
    return sorted(days)


def notices_of(line: Line) -> tuple[Notice, ...]:
    """The texts that a line announces for a time; lines that announce nothing have none."""
    return line.notices if isinstance(line, MergedLine | CancelledLine | OfficeLine) else ()


def first_day_of(line: Line) -> date | None:
    """The first day on which a number is retired; None: it is so always, or it is not retired."""
    if isinstance(line, MergedLine | CancelledLine):
        return line.begins or line.since
    return None


def day_begins(day: date, zone: tzinfo) -> int:
    """The Unix time (s) of a day's first moment in a zone; where midnight is skipped, after it."""
    return max(0, int(datetime.combine(day, time(), zone).timestamp()))


def check_schedules(plan: NumberPlan, file: Path) -> None:
    """Refuse stages that overlap, leave days out, or move the main line.

    Raises:
        ConfigError: naming the stage and what is wrong with it.
    """
    for number, line in plan.lines.items():
        if line.begins is not None:
            raise ConfigError(
                file,
                f"lines.{number}.from",
                f"belongs into a stage: [[lines.{number}.stages]]",
                f"应写在阶段里：[[lines.{number}.stages]]",
            )
        for index, stage in enumerate(line.stages):
            key = f"lines.{number}.stages.{index}"
            _check_stage(line, stage, key, file)
            before = line.history[index]
            assert stage.begins is not None
            if before.begins and stage.begins <= before.begins:
                raise ConfigError(
                    file,
                    f"{key}.from",
                    f"{stage.begins} is not after {before.begins}, when the stage before it begins",
                    f"{stage.begins} 应晚于上一阶段的开始日 {before.begins}",
                )
            _check_joint(before, stage.begins, key, file)
        for index, stage in enumerate(line.history):
            after = line.history[index + 1].begins if index + 1 < len(line.history) else None
            _check_notices(
                stage, after, f"lines.{number}" + (f".stages.{index - 1}" if index else ""), file
            )
        last = line.history[-1]
        if last.to is not None:
            raise ConfigError(
                file,
                f"{_key(line, -1)}.to",
                f"a gap: nothing is said of the days after {last.to}",
                f"空档：没有写明 {last.to} 之后怎么办",
            )


def _check_stage(line: Line, stage: Line, key: str, file: Path) -> None:
    if stage.begins is None:
        raise ConfigError(
            file,
            f"{key}.from",
            "is required: the stage's first day, 2026-12-01",
            "必填：阶段的第一天，如 2026-12-01",
        )
    if stage.to and stage.to < stage.begins:
        raise ConfigError(
            file,
            f"{key}.to",
            f"{stage.to} is before {stage.begins}, its first day",
            f"{stage.to} 早于它的第一天 {stage.begins}",
        )
    if getattr(stage, "since", None):
        raise ConfigError(
            file, f"{key}.since", "leave it out: from is the day", "请删除：以 from 为准"
        )
    if (stage.mode is Mode.MAIN) != (line.mode is Mode.MAIN):
        raise ConfigError(
            file,
            f"{key}.mode",
            "the main line stays what it is, and the only one",
            "主号不能改变方式，也只能有一个",
        )


def _check_notices(stage: Line, after: date | None, key: str, file: Path) -> None:
    before: Notice | None = None
    for index, notice in enumerate(notices_of(stage)):
        own = f"{key}.notices.{index}"
        if notice.to and notice.to < notice.begins:
            raise ConfigError(
                file,
                f"{own}.to",
                f"{notice.to} is before {notice.begins}",
                f"{notice.to} 早于开始日 {notice.begins}",
            )
        if stage.begins and notice.begins < stage.begins:
            raise ConfigError(
                file,
                f"{own}.from",
                f"is before {stage.begins}, its stage's from",
                f"早于所在阶段的开始日 {stage.begins}",
            )
        if after and (notice.to or notice.begins) >= after:
            raise ConfigError(
                file,
                own,
                f"lasts into the next stage, which begins on {after}",
                f"延续到了下一阶段（{after} 开始）",
            )
        if before and (before.to is None or notice.begins <= before.to):
            raise ConfigError(
                file,
                f"{own}.from",
                "an overlap: the notice before it has not ended by then",
                "重叠：上一条临时播报此时还没有结束",
            )
        before = notice


def _check_joint(before: Line, begins: date, key: str, file: Path) -> None:
    for name in ("to", "until", "since"):
        day = getattr(before, name, None)
        if day and day >= begins:
            raise ConfigError(
                file,
                f"{key}.from",
                f"an overlap: what is in force before has {name} = {day}; begin after it",
                f"重叠：之前的 {name} = {day}，请在它之后开始",
            )
    if before.to and before.to + _DAY < begins:
        raise ConfigError(
            file,
            f"{key}.from",
            f"a gap: nothing is said of the days between {before.to} and it",
            f"空档：没有写明 {before.to} 到它之间怎么办",
        )


def _key(line: Line, index: int) -> str:
    stages = len(line.stages)
    return f"lines.{line.number}.stages.{stages + index}" if stages else f"lines.{line.number}"
