"""What has to be there before Asterisk and the service can start."""

from __future__ import annotations

import asyncio
import secrets as random_secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import structlog
from sqlalchemy.exc import SQLAlchemyError

from agent_gateway.auth import hash_password
from agent_gateway.configuration.loaded import keep_files
from agent_gateway.service.asterisk_config import apply_endpoints
from agent_gateway.store import Store, User, is_outage
from config.settings import Secrets, Settings
from ivr.prompts import RenderReport, render_prompts

log = structlog.get_logger(__name__)

FIRST_AGENTS = ("8001", "8002")


@dataclass(frozen=True, slots=True)
class FirstAccount:
    """An account made at the first start; its passwords are shown once.

    Attributes:
        username: for the web.
        password: for the web.
        sip_user: name of the telephone, "" when it has none.
        sip_password: the telephone's password.
    """

    username: str
    password: str
    sip_user: str = ""
    sip_password: str = ""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Result of :func:`prepare`.

    Attributes:
        asterisk_config: the rendered ``asterisk.conf``.
        accounts: made just now; empty when there were users already.
        prompts: what became of the prompts.
        database_away: the database did not answer, so that Asterisk's configuration is that of the
            last start.
    """

    asterisk_config: Path
    accounts: tuple[FirstAccount, ...]
    prompts: RenderReport
    database_away: bool = False


async def prepare(
    settings: Settings, secrets: Secrets, progress: Callable[[int, int, str], None] | None = None
) -> Prepared:
    """Migrate the database, make the first accounts, render prompts and Asterisk's configuration.

    Safe to repeat; a second run finds everything done and is quick. From the second on it needs no
    database: a machine that starts while its database is away takes calls all the same.

    Args:
        settings: of the installation.
        secrets: its secrets; the administrator's first password is one of them.
        progress: called while prompts are rendered with (done, total, prompt).

    Raises:
        ConfigError: a file of the operator's is wrong.
        InstallationError: there is no usable Asterisk.
        RenderError: Asterisk lacks modules.
        SQLAlchemyError: the database does not answer, at the first start.
        OSError: the data folder cannot be written.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    config = settings.asterisk_dir / "etc" / "asterisk.conf"
    accounts: tuple[FirstAccount, ...] = ()
    database_away = False
    store = Store(settings.database_url)
    try:
        await store.migrate()
        accounts = await _first_accounts(store, secrets)
    except (SQLAlchemyError, OSError) as error:
        if not is_outage(error) or not config.is_file():
            raise
        database_away = True
        log.error("database.away_at_start", reason=str(error)[:300])  # noqa: TRY400 - said in full
    finally:
        await store.close()
    report = await asyncio.to_thread(render_prompts, settings, progress=progress)
    if not database_away:
        config = await apply_endpoints(settings, secrets)
    try:
        await asyncio.to_thread(keep_files, settings, "", "adopt")
    except (OSError, ValueError) as error:
        # a hotline without a history of its files is better than none
        log.error("configuration.not_kept", reason=str(error)[:300])  # noqa: TRY400 - said in full
    return Prepared(config, accounts, report, database_away)


async def _first_accounts(store: Store, secrets: Secrets) -> tuple[FirstAccount, ...]:
    if await store.users.all():
        return ()
    accounts = [FirstAccount("admin", secrets.admin_password)]
    accounts += [
        FirstAccount(
            username=f"agent{extension}",
            password=random_secrets.token_urlsafe(9),
            sip_user=f"agent-{extension}",
            sip_password=random_secrets.token_urlsafe(12),
        )
        for extension in FIRST_AGENTS
    ]
    for account in accounts:
        await store.users.add(
            User(
                username=account.username,
                password_hash=await asyncio.to_thread(hash_password, account.password),
                display_name=account.username,
                role="agent" if account.sip_user else "admin",
                extension=account.sip_user.removeprefix("agent-") or None,
                sip_password=account.sip_password,
                active=True,
                created_at=datetime.now(UTC),
            )
        )
    return tuple(accounts)
