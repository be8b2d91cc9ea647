"""An agent for a test call: registers the telephone, takes the seat, answers, leaves again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from agent_gateway.auth import Auth
from agent_gateway.store import Store, User
from config.settings import Settings, load_secrets
from telephony.testphone import AgentBehaviour, PhoneError, TestPhone

ANSWER_AFTER_S = 1.0
_TIMEOUT = aiohttp.ClientTimeout(10)


@asynccontextmanager
async def seated(
    settings: Settings, phone: TestPhone, extension: str, speeches: Sequence[tuple[float, Path]]
) -> AsyncIterator[None]:
    """Have the agent's telephone answer calls while the block lasts; "": nobody.

    Args:
        settings: of the running hotline.
        phone: whose telephone becomes the agent's.
        extension: of the agent.
        speeches: sound files to say, each a number of seconds after the answer.

    Raises:
        PhoneError: there is no such agent, they are at work, or the service does not answer.
    """
    if not extension:
        yield
        return
    store = Store(settings.database_url)
    try:
        user = await _user(store, extension)
        if user.telephone == "browser":
            raise PhoneError(
                f"agent {extension} takes calls in the browser; answer there, have the page use a "
                "desk telephone, or take another agent"
            )
        secrets = load_secrets(settings.data_dir)
        auth = Auth(store, secrets.session_key, settings.web.session_hours)
        token = await auth.begin(user, "login.command", "")
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(  # noqa: S104 - compared, not bound
            settings.web.host, settings.web.host
        )
        async with aiohttp.ClientSession(
            f"http://{host}:{settings.web.port}",
            headers={"Authorization": f"Bearer {token}"},
            timeout=_TIMEOUT,
        ) as http:
            await _refuse_if_at_work(http, extension)
            behaviour = AgentBehaviour(answer_after_s=ANSWER_AFTER_S, speak=speeches)
            await phone.add_agent(f"agent-{extension}", user.sip_password, behaviour)
            await _ask(http, "POST", "/api/agent/state", {"state": "ready"})
            try:
                yield
            finally:
                await _ask(http, "POST", "/api/agent/state", {"state": "logged_out"})
                await _ask(http, "POST", "/api/logout", None)
    finally:
        await store.close()


async def _user(store: Store, extension: str) -> User:
    agents = {user.extension: user for user in await store.users.agents()}
    if extension not in agents:
        known = ", ".join(str(known) for known in agents) or "none"
        raise PhoneError(f"there is no agent with extension {extension}; there are: {known}")
    return agents[extension]


async def _refuse_if_at_work(http: aiohttp.ClientSession, extension: str) -> None:
    answer = await _ask(http, "GET", "/api/agents", None)
    for agent in answer["agents"]:
        if agent["extension"] == extension and agent["state"] != "logged_out":
            raise PhoneError(
                f"agent {extension} is at work ({agent['state']}); take another agent, or --agent "
                "would take the telephone from a person"
            )


async def _ask(
    http: aiohttp.ClientSession, method: str, path: str, body: dict[str, str] | None
) -> dict[str, Any]:
    try:
        async with http.request(method, path, json=body) as answer:
            if answer.status >= 400:
                raise PhoneError(f"the service refuses {path}: {await answer.text()}")
            said: dict[str, Any] = await answer.json() if answer.content_length else {}
            return said
    except (aiohttp.ClientError, TimeoutError) as error:
        raise PhoneError(f"the service does not answer: {error}; ask: hotline doctor") from error
