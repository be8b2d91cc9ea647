"""``hotline numbers``: what callers of each public number get, and when that changes."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent_gateway.cli.command import WRONG_USE, AsJson, Config, fail, settings_of

if TYPE_CHECKING:
    from config.numberplan import NumberPlan
    from config.settings import Settings

app = typer.Typer(help="Show the number plan and try it out.", no_args_is_help=True)


@app.command("list")
def list_numbers(config: Config = None, as_json: AsJson = False) -> None:
    """Print every number with what its callers get from which day on; today's has a star."""
    from config.numberplan import treatments

    settings, plan = _plan(config)
    today = datetime.now(settings.city.zone).date()
    rows = []
    for number, line in plan.lines.items():
        stages = treatments(plan, number)
        current = [day for day, _ in stages if day is None or day <= today][-1]
        rows += [
            {
                "number": number,
                "name": line.name.zh,
                "from": day.isoformat() if day else None,
                "mode": treated.line.mode.value,
                "announcement": treated.announcement.key if treated.announcement else None,
                "cause": treated.cause,
                "served_by": treated.serving.number if treated.cause is None else None,
                "in_force": day == current,
            }
            for day, treated in stages
        ]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        ends = f"release, cause {row['cause']}" if row["cause"] else f"line {row['served_by']}"
        said = f"{row['announcement']}, then " if row["announcement"] else ""
        star = "*" if row["in_force"] else " "
        begins = row["from"] or "always"
        stage = f"{star} {row['number']:12} {begins:10}  {row['mode']:10}"
        typer.echo(f"{stage}  {said}{ends}  ({row['name']})")


@app.command()
def preview(
    number: Annotated[str, typer.Argument(help="As the trunk would write it, e.g. +8693196119.")],
    config: Config = None,
    at: Annotated[
        str, typer.Option(help="City's time, e.g. 2026-12-01 or 2026-12-01T08:30; now if left out.")
    ] = "",
    wav: Annotated[
        Path | None, typer.Option(help="Write all that would be heard into this WAV file.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say step by step what a caller of NUMBER would hear and where the call would end."""
    from config.calendar import load_calendar
    from config.errors import ConfigError
    from config.numberplan.preview import preview as look

    settings, plan = _plan(config)
    try:
        calendar = load_calendar(settings.calendar)
    except ConfigError as error:
        fail(str(error), WRONG_USE)
    zone = settings.city.zone
    try:
        moment = datetime.fromisoformat(at) if at else datetime.now(zone)
        moment = moment.astimezone(zone) if moment.tzinfo else moment.replace(tzinfo=zone)
    except (ValueError, OverflowError):
        fail(f"--at must be a time such as 2026-12-01T08:30, not {at!r}", WRONG_USE)
    seen = look(plan, settings.city, number, moment, calendar)
    if wav:
        _write(settings, [step.prompt for step in seen.steps if step.prompt], wav)
    if as_json:
        typer.echo(json.dumps(seen.as_json(), ensure_ascii=False))
        return
    typer.echo(f"{number} at {seen.at:%Y-%m-%d %H:%M} ({settings.city.timezone})")
    if not seen.known:
        typer.echo("  not in the number plan: taken as the main line, with an alarm")
    until = f" until {seen.until}" if seen.until else ""
    since = f" since {seen.since}" if seen.since else ""
    typer.echo(f"  line {seen.line} ({seen.name}), {seen.mode}{since}{until}")
    for index, step in enumerate(seen.steps, 1):
        typer.echo(f"  {index}. {step.sentence}")


def _write(settings: Settings, prompts: list[str], wav: Path) -> None:
    from ivr.prompts.listening import heard
    from ivr.prompts.wavefile import UnreadableSoundError, write_wav

    try:
        write_wav(wav, heard(settings.prompts_dir, prompts))
    except (UnreadableSoundError, OSError) as error:
        fail(str(error), WRONG_USE)


def _plan(config: Path | None) -> tuple[Settings, NumberPlan]:
    from config.errors import ConfigError
    from config.menus import load_menus
    from config.numberplan import load_number_plan

    settings = settings_of(config)
    try:
        menus = load_menus(settings.menus)
        return settings, load_number_plan(settings.number_plan, settings.city, menus.entries)
    except ConfigError as error:
        fail(str(error), WRONG_USE)
