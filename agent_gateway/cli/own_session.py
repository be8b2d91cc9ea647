"""The command line as a client of the running service: whoever reads its secrets may."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from agent_gateway.auth import Auth, Role
from agent_gateway.store import Store
from config.settings import Settings, load_secrets

_TIMEOUT = aiohttp.ClientTimeout(60)


@asynccontextmanager
async def own_session(settings: Settings) -> AsyncIterator[aiohttp.ClientSession]:
    """A session of an administrator while the block lasts.

    Raises:
        LookupError: there is no administrator whose session it could be.
        SQLAlchemyError: the database does not answer.
    """
    store = Store(settings.database_url)
    try:
        admins = [one for one in await store.users.all() if one.active and one.role == Role.ADMIN]
        if not admins:
            raise LookupError("there is no active administrator")
        secrets = load_secrets(settings.data_dir)
        auth = Auth(store, secrets.session_key, settings.web.session_hours)
        token = await auth.begin(admins[0], "login.command", "")
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(  # noqa: S104 - compared, not bound
            settings.web.host, settings.web.host
        )
        async with aiohttp.ClientSession(
            f"http://{host}:{settings.web.port}",
            headers={"Authorization": f"Bearer {token}"},
            timeout=_TIMEOUT,
        ) as http:
            try:
                yield http
            finally:
                who = await auth.principal(token)
                if who is not None:
                    await auth.logout(token, who, "")
    finally:
        await store.close()
