"""``hotline user``: who may log in."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from agent_gateway.cli.command import AsJson, Config, fail, operator, settings_of

if TYPE_CHECKING:
    from agent_gateway.store import Store
    from config.settings import Settings

T = TypeVar("T")

app = typer.Typer(help="Make and change the accounts of agents and others.", no_args_is_help=True)

_Name = Annotated[str, typer.Argument(help="The name to log in with.")]
_Password = Annotated[
    str, typer.Option("--password", help="'-' reads it from standard input; else it is generated.")
]


@app.command()
def add(
    name: _Name,
    role: Annotated[str, typer.Option(help="agent, supervisor or admin.")] = "agent",
    extension: Annotated[str, typer.Option(help="Number of the telephone, e.g. 8003.")] = "",
    display_name: Annotated[str, typer.Option(help="The person's name; else NAME.")] = "",
    password: _Password = "",
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Make an account and print its passwords, once."""
    from dataclasses import asdict

    from agent_gateway.auth import Accounts, NewAccount, Role

    settings = settings_of(config)
    if role not in list(Role):
        fail(f"--role must be one of {', '.join(Role)}")
    typed = _typed(password)

    async def work(store: Store) -> NewAccount:
        return await Accounts(store, operator()).add(
            name, Role(role), extension=extension, display_name=display_name, password=typed
        )

    account = _with_store(settings, work)
    server = f"{settings.asterisk.sip_bind}:{settings.asterisk.sip_port}"
    note = _apply(settings) if account.extension else ""
    if as_json:
        values = {**asdict(account), "sip_server": server if account.extension else ""}
        typer.echo(json.dumps({**values, "note": note}, ensure_ascii=False))
        return
    typer.echo(f"user      {account.username} ({account.role.value})")
    typer.echo(f"password  {account.password if not typed else '(as given)'}")
    if account.extension:
        typer.echo(f"telephone {account.sip_user} at {server}, password {account.sip_password}")
    if note:
        typer.echo(note, err=True)


@app.command("list")
def list_users(config: Config = None, as_json: AsJson = False) -> None:
    """Print all accounts, one a line; passwords are never shown."""

    async def work(store: Store) -> list[dict[str, str | bool]]:
        return [
            {
                "username": user.username,
                "role": user.role,
                "extension": user.extension or "",
                "display_name": user.display_name,
                "active": user.active,
            }
            for user in await store.users.all()
        ]

    for user in _with_store(settings_of(config), work):
        if as_json:
            typer.echo(json.dumps(user, ensure_ascii=False))
        else:
            closed = "" if user["active"] else "  (disabled)"
            typer.echo(
                f"{user['username']:20} {user['role']:10} {user['extension'] or '-':8} "
                f"{user['display_name']}{closed}"
            )


@app.command()
def passwd(
    name: _Name, password: _Password = "", config: Config = None, as_json: AsJson = False
) -> None:
    """Change a password and end the user's sessions."""
    from agent_gateway.auth import Accounts

    typed = _typed(password)

    async def work(store: Store) -> str:
        return await Accounts(store, operator()).set_password(name, typed)

    new = _with_store(settings_of(config), work)
    if as_json:
        typer.echo(json.dumps({"username": name, "password": new}, ensure_ascii=False))
    else:
        typer.echo(f"password  {new if not typed else '(as given)'}")


@app.command()
def skills(
    name: _Name,
    levels: Annotated[
        list[str] | None, typer.Argument(help="QUEUE=LEVEL …, 1 the best; without: print them.")
    ] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Only the calls everybody takes.")] = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Say which queues an agent serves; counts when the agent is ready next."""
    from agent_gateway.auth import AccountError, Accounts
    from agent_gateway.cli.user_skills import known_queues, parsed, told
    from config.errors import ConfigError

    settings = settings_of(config)
    try:
        wanted, queues = parsed(levels or ()), known_queues(settings)
    except (ValueError, ConfigError) as error:
        fail(str(error))

    async def work(store: Store) -> dict[str, int]:
        if wanted or clear:
            changed = await Accounts(store, operator()).set_skills(name, wanted, queues.names)
            return changed.skills
        user = await store.users.by_name(name)
        if user is None:
            raise AccountError(f"there is no user {name}")
        return user.skills

    typer.echo(told(name, _with_store(settings, work), queues, as_json=as_json))


@app.command()
def disable(name: _Name, config: Config = None) -> None:
    """Close an account: its sessions end, its telephone is not configured any more."""
    _set_active(name, config, active=False)


@app.command()
def enable(name: _Name, config: Config = None) -> None:
    """Open a closed account again."""
    _set_active(name, config, active=True)


def _set_active(name: str, config: Path | None, *, active: bool) -> None:
    from agent_gateway.auth import Accounts

    settings = settings_of(config)

    async def work(store: Store) -> None:
        await Accounts(store, operator()).set_active(name, active)

    _with_store(settings, work)
    typer.echo(f"{name} is {'enabled' if active else 'disabled'}")
    if note := _apply(settings):
        typer.echo(note, err=True)


def _with_store(settings: Settings, work: Callable[[Store], Awaitable[T]]) -> T:
    import asyncio

    from sqlalchemy.exc import SQLAlchemyError

    from agent_gateway.auth import AccountError, PasswordTooShortError
    from agent_gateway.store import Store

    async def run() -> T:
        store = Store(settings.database_url)
        try:
            await store.migrate()
            return await work(store)
        finally:
            await store.close()

    try:
        return asyncio.run(run())
    except (AccountError, PasswordTooShortError) as error:
        fail(str(error))
    except (SQLAlchemyError, OSError) as error:
        fail(f"the database cannot be used: {str(error).splitlines()[0]}")


def _apply(settings: Settings) -> str:
    """Give Asterisk the new telephones; returns what the operator should know, "" if nothing."""
    import asyncio

    from agent_gateway.service.asterisk_config import apply_endpoints
    from config.errors import ConfigError
    from config.settings import load_secrets
    from telephony.asterisk.installation import InstallationError, find_installation
    from telephony.asterisk.process import AsteriskProcess, AsteriskProcessError
    from telephony.asterisk.rendering import RenderError

    async def run() -> None:
        await apply_endpoints(settings, load_secrets(settings.data_dir))
        asterisk = AsteriskProcess(find_installation(settings), settings)
        if asterisk.is_alive:
            await asterisk.command("module reload res_pjsip.so")

    try:
        asyncio.run(run())
    except (ConfigError, InstallationError, RenderError, AsteriskProcessError, OSError) as error:
        return f"Asterisk does not know the change yet: {error}; it will after 'hotline run'"
    return ""


def _typed(password: str) -> str:
    if password not in ("", "-"):
        fail("a password on the command line is seen by others; use --password - and type it")
    if not password:
        return ""
    import sys

    typed = sys.stdin.readline().rstrip("\r\n")
    if not typed:
        fail("no password came on standard input")
    return typed
