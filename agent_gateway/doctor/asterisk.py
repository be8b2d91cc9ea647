"""Asterisk: is it there, does it run, does it take actions."""

from __future__ import annotations

from collections.abc import Iterator

from agent_gateway.doctor.finding import Finding, fail, ok, warn
from config.settings import Settings
from telephony.asterisk.installation import InstallationError, find_installation
from telephony.asterisk.process import AsteriskProcess


def check_asterisk(settings: Settings) -> Iterator[Finding]:
    """Whether an Asterisk is installed and runs."""
    if not settings.asterisk.managed:
        yield ok("Asterisk", "run by somebody else (asterisk.managed is off)")
        return
    try:
        installation = find_installation(settings)
    except InstallationError as error:
        what, _, mend = str(error).partition("; ")
        yield fail("Asterisk", what, mend or "make install")
        return
    process = AsteriskProcess(installation, settings)
    named = f"version {installation.version_text} ({installation.source})"
    if process.is_alive:
        yield ok("Asterisk", f"{named}, process {process.pid}")
    else:
        yield fail("Asterisk", f"{named} does not run", "hotline run")
    if installation.sipp_argv is None:
        yield warn("Asterisk", "there is no sipp to place test calls with", "install sip-tester")
