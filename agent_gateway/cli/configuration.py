"""``hotline configuration``: take changed data files into use while calls go on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent_gateway.cli.command import AsJson, Config, fail, operator, settings_of

if TYPE_CHECKING:
    from agent_gateway.configuration import Reloader
    from config.settings import Settings

app = typer.Typer(
    help="Take a changed number plan, menus or directory into use; calls go on.",
    no_args_is_help=True,
)

_File = Annotated[str, typer.Argument(help="number_plan, menus, directory or calendar.")]


@app.command()
def reload(config: Config = None) -> None:
    """Validate the files and let the next call go by them; a file with a fault changes nothing."""

    async def work(reloader: Reloader, who: str) -> str:
        loaded = await reloader.reload(who)
        return f"{len(loaded.plan.lines)} numbers are in use"

    _change(config, "configuration.reload", "", work)


@app.command()
def rollback(
    file: _File,
    version: Annotated[int, typer.Option("--to", min=1, help="The version.")],
    config: Config = None,
) -> None:
    """Put an earlier version of a file in its place and take it into use."""

    async def work(reloader: Reloader, who: str) -> str:
        await reloader.roll_back(file, version, who)
        return f"{file}: version {version}, in use"

    _change(config, "configuration.rollback", file, work)


@app.command()
def history(
    file: _File,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Print who changed a file, and when; the last line is in use."""
    from agent_gateway.configuration.loaded import versions_of

    try:
        changes = versions_of(settings_of(config), file).history()
    except (LookupError, OSError, ValueError) as error:
        fail(_plain(error))
    if as_json:
        typer.echo(json.dumps([asdict(change) for change in changes], ensure_ascii=False))
        return
    for change in changes:
        typer.echo(f"{change.at}  {change.who or '-':12}  {change.action:8}  {change.version}")
    if not changes:
        typer.echo(f"{file}: nothing was changed yet", err=True)


def _change(
    config: Path | None,
    action: str,
    thing: str,
    work: Callable[[Reloader, str], Awaitable[str]],
) -> None:
    from sqlalchemy.exc import SQLAlchemyError

    from config.errors import ConfigError
    from telephony.asterisk.installation import InstallationError
    from telephony.asterisk.process import AsteriskProcessError
    from telephony.asterisk.rendering import RenderError

    settings = settings_of(config)
    try:
        said, note = asyncio.run(_run(settings, action, thing, work))
    except (ConfigError, LookupError, OSError, ValueError) as error:
        fail(f"{_plain(error)}; nothing was changed")
    except (InstallationError, RenderError, AsteriskProcessError, SQLAlchemyError) as error:
        fail(str(error).splitlines()[0])
    typer.echo(said)
    if note:
        typer.echo(note, err=True)


async def _run(
    settings: Settings,
    action: str,
    thing: str,
    work: Callable[[Reloader, str], Awaitable[str]],
) -> tuple[str, str]:
    from agent_gateway.configuration import Reloader, load_files
    from agent_gateway.store import Store
    from config.settings import load_secrets

    who = operator()
    loaded = await asyncio.to_thread(load_files, settings)
    reloader = Reloader(settings, load_secrets(settings.data_dir), loaded)
    said = await work(reloader, who)
    store = Store(settings.database_url)
    try:
        await store.audit.add(who, action, thing, detail=said)
        return said, await _tell_service(settings)
    finally:
        await store.close()


async def _tell_service(settings: Settings) -> str:
    """Let a running service read the files too; returns what the operator should know."""
    import aiohttp

    from agent_gateway.cli.own_session import own_session

    try:
        async with (
            own_session(settings) as http,
            http.post("/api/configuration/reload") as answer,
        ):
            if answer.status != 200:
                return f"the service did not take it: {await answer.text()}"
    except (aiohttp.ClientError, TimeoutError):
        return "the service does not run; it will read the files when it starts"
    except LookupError as error:
        return f"the service was not told: {error.args[0]}; it reads the files at its next start"
    return ""


def _plain(error: Exception) -> str:
    return str(error.args[0]) if isinstance(error, LookupError) else str(error)
