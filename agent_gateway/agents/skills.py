"""Agents' skills out of the database, as the queues need them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import structlog
from sqlalchemy.exc import SQLAlchemyError

from agent_gateway.store import Store
from config.queues import QueuePlan
from telephony.agents import AGENT_ENDPOINT

log = structlog.get_logger(__name__)

ANSWER_S = 3.0


class StoredSkills:
    """Tells in which queues an interface sits (``telephony.agents.Levels``).

    An agent can log in without the database: with the skills that were read last, or else for the
    common calls.
    """

    def __init__(self, store: Store, queues: QueuePlan) -> None:
        self._store = store
        self._queues = queues
        self._known: dict[str, Mapping[str, int]] = {}

    async def __call__(self, interface: str) -> Mapping[str, int]:
        """Queue -> level."""
        extension = interface.removeprefix(AGENT_ENDPOINT)
        try:
            async with asyncio.timeout(ANSWER_S):
                user = await self._store.users.by_extension(extension)
            self._known[extension] = user.skills if user is not None else {}
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            log.warning("agent.skills_unknown", extension=extension, reason=str(error)[:200])
        return self._queues.levels(self._known.get(extension, {}))
