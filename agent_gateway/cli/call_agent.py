"""An agent for a test call: registers the telephone, takes the seat, answers, leaves again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from agent_gateway.cli.own_session import NobodyError, own_session
from config.settings import Settings
from telephony.testphone import AgentBehaviour, PhoneError, TestPhone

ANSWER_AFTER_S = 1.0


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
    try:
        async with own_session(settings, extension) as (http, user):
            await _refuse_if_at_work(http, extension)
            behaviour = AgentBehaviour(answer_after_s=ANSWER_AFTER_S, speak=speeches)
            await phone.add_agent(f"agent-{extension}", user.sip_password, behaviour)
            await _ask(http, "POST", "/api/agent/state", {"state": "ready"})
            try:
                yield
            finally:
                await _ask(http, "POST", "/api/agent/state", {"state": "logged_out"})
    except NobodyError as error:
        raise PhoneError(str(error.args[0])) from error


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
