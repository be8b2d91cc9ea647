"""The command line as a client of the running service: whoever reads its secrets may."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import aiohttp

from agent_gateway.auth import Auth, Role
from agent_gateway.store import Store, User
from config.settings import Settings, load_secrets, local_url

_TIMEOUT = aiohttp.ClientTimeout(60)


class NobodyError(LookupError):
    """There is nobody whose session it could be; the message says who was looked for."""


@asynccontextmanager
async def own_session(
    settings: Settings, extension: str = ""
) -> AsyncIterator[tuple[aiohttp.ClientSession, User]]:
    """A session of the agent with this extension, else of an administrator, for the block.

    Raises:
        NobodyError: there is no such agent, or no administrator.
        SQLAlchemyError: the database does not answer.
    """
    store = Store(settings.database_url)
    try:
        users = await store.users.all()
        user = _agent(users, extension) if extension else _administrator(users)
        secrets = load_secrets(settings.data_dir)
        auth = Auth(store, secrets.session_key, settings.web.session_hours)
        token = await auth.begin(user, "login.command", "")
        async with aiohttp.ClientSession(
            local_url(settings.web.host, settings.web.port),
            headers={"Authorization": f"Bearer {token}"},
            timeout=_TIMEOUT,
        ) as http:
            try:
                yield http, user
            finally:
                who = await auth.principal(token)
                if who is not None:
                    await auth.logout(token, who, "")
    finally:
        await store.close()


def _administrator(users: Sequence[User]) -> User:
    for user in users:
        if user.active and user.role == Role.ADMIN:
            return user
    raise NobodyError("there is no active administrator")


def _agent(users: Sequence[User], extension: str) -> User:
    agents = {user.extension: user for user in users if user.active and user.extension}
    if extension not in agents:
        known = ", ".join(map(str, agents)) or "none"
        raise NobodyError(f"there is no agent with extension {extension}; there are: {known}")
    return agents[extension]
