"""``python -m agent_gateway.service``: run until SIGTERM or SIGINT."""

from __future__ import annotations

import asyncio
import signal
import sys

import structlog

from agent_gateway.service.logging import configure_logging
from agent_gateway.service.service import Service
from config.errors import ConfigError
from config.settings import load_secrets, load_settings

log = structlog.get_logger(__name__)


async def run() -> None:
    """Serve until told to stop.

    Raises:
        ConfigError: a file of the operator's is wrong.
        OSError: a port is taken.
    """
    settings = load_settings()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with Service(settings, load_secrets(settings.data_dir)):
        await stop.wait()
        log.info("service.stopping")


def main() -> int:
    """Run; 1 when it could not start."""
    configure_logging()
    try:
        asyncio.run(run())
    except (ConfigError, OSError) as error:
        log.critical("service.not_started", reason=str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
