"""Commands to the queues, with a failure told as it is needed: not at all, or to the agent."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

import structlog

from telephony.agents.agent import AgentError

log = structlog.get_logger(__name__)


async def quietly(command: Coroutine[Any, Any, None]) -> None:
    """Carry out what nobody waits for; a failure is logged."""
    try:
        await command
    except OSError as error:
        log.warning("agent.command_failed", reason=str(error))


async def obeyed(command: Coroutine[Any, Any, None]) -> None:
    """Carry out what somebody asked for.

    Raises:
        AgentError: Asterisk is away or refused.
    """
    try:
        await command
    except OSError as error:
        raise AgentError(
            f"电话系统暂时无法执行，请稍后重试 / the telephone system did not obey: {error}"
        ) from error
