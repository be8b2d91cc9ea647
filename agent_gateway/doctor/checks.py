"""All checks, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from agent_gateway.doctor import (
    asterisk,
    database,
    machine,
    service,
    softphone,
    speech,
    storage,
)
from agent_gateway.doctor.finding import Finding, fail
from config.settings import Settings

Check = Callable[[Settings], Iterable[Finding]]

CHECKS: dict[str, Check] = {
    "number plan": storage.check_data_files,
    "calendar": storage.check_calendar,
    "disk": storage.check_disk,
    "clock": machine.check_clock,
    "time zone": machine.check_time_zone,
    "database": database.check_database,
    "prompts": speech.check_prompts_present,
    "model": speech.check_model,
    "second pass": speech.check_second_pass,
    "Asterisk": asterisk.check_asterisk,
    "AMI": asterisk.check_ami,
    "softphone": softphone.check_softphone,
    "ports": service.check_ports,
    "service": service.check_service,
    "AGI": service.check_agi,
}


def examine(settings: Settings) -> Iterator[Finding]:
    """Findings as they come; blocks for seconds, since the speech model is loaded for a trial.

    A check that fails itself is a finding too: the others are still made.
    """
    for name, check in CHECKS.items():
        try:
            yield from check(settings)
        except Exception as error:  # noqa: BLE001 - a diagnosis must come to its end
            yield fail(
                name,
                f"this check itself failed: {type(error).__name__}: {error}",
                "please report it together with the output of: hotline doctor --json",
            )
