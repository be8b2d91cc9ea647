"""Commands to Asterisk; a failure is told in the log, or to who gave the order."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

import structlog

log = structlog.get_logger(__name__)


async def quietly(command: Coroutine[Any, Any, None]) -> None:
    """Carry out what nobody waits for; a failure is logged."""
    try:
        await command
    except OSError as error:
        # the dialplan has a way on for everybody
        log.warning("asterisk.command_failed", reason=str(error))


async def obeyed(command: Coroutine[Any, Any, None], failure: type[Exception]) -> None:
    """Carry out what somebody asked for.

    Raises:
        Exception: Asterisk is away or refused; of the class ``failure``, Chinese and English by
            `` / ``.
    """
    try:
        await command
    except OSError as error:
        raise failure(
            "电话系统暂时无法执行，通话不受影响，请稍后重试"
            f" / the telephone system did not obey: {error}"
        ) from error
