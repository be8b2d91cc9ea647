"""A supervisor with a real Asterisk and the fake service, as a process that tests can kill."""

import asyncio
import json
import sys

import structlog

from agent_gateway.supervisor import ServiceProcess, Supervisor
from config.settings import Settings
from telephony.asterisk.installation import find_installation
from telephony.asterisk.process import AsteriskProcess


def tell(**values: object) -> None:
    print(json.dumps(values), flush=True)


async def main(settings: Settings) -> int:
    asterisk = AsteriskProcess(find_installation(settings), settings)
    service = ServiceProcess(
        "tests.unit.agent_gateway.supervisor.fake_service",
        settings.web.host,
        settings.web.port,
        settings.data_dir / "service.log",
    )
    return await Supervisor(
        asterisk,
        service,
        say=lambda text: tell(said=text),
        on_ready=lambda: tell(
            ready=True, service=service.pid, asterisk=asterisk.pid, adopted=asterisk.adopted
        ),
    ).run()


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    sys.exit(asyncio.run(main(Settings.model_validate_json(sys.argv[1]))))
