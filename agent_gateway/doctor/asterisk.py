"""Asterisk: is it there, does it run, does it take actions."""

from __future__ import annotations

from collections.abc import Iterator

from agent_gateway.doctor.finding import Finding, fail, ok, warn
from config.errors import ConfigError
from config.settings import Settings, load_secrets
from config.settings.secrets import FILE_NAME as SECRETS_FILE
from telephony.ami import AmiDown, AmiError, AmiLoginRefused
from telephony.ami.observer import AmiObserver
from telephony.asterisk.installation import InstallationError, find_installation
from telephony.asterisk.process import AsteriskProcess

OBSERVER = "observer"
ANSWER_S = 3.0


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


def check_ami(settings: Settings) -> Iterator[Finding]:
    """Whether the manager interface takes the read-only account and answers it."""
    place = f"{settings.asterisk.ami_host}:{settings.asterisk.ami_port}"
    if not (settings.data_dir / SECRETS_FILE).is_file():
        yield fail("AMI", f"{settings.data_dir} has no secrets yet", "hotline run makes them")
        return
    try:
        password = load_secrets(settings.data_dir).ami_observer_password
        with AmiObserver(
            settings.asterisk.ami_host,
            settings.asterisk.ami_port,
            OBSERVER,
            password,
            timeout_s=ANSWER_S,
        ) as observer:
            observer.ping()
            channels = len(observer.channels())
    except ConfigError as error:
        yield fail("AMI", str(error), "the passwords are in that file")
    except AmiLoginRefused as error:
        yield fail(
            "AMI",
            f"{place} does not know the account: {error}",
            "another Asterisk listens there (change asterisk.ami_port), or its configuration is "
            "older than the secrets: stop and start the hotline",
        )
    except AmiDown as error:
        yield fail("AMI", str(error), "hotline run")
    except AmiError as error:
        yield fail(
            "AMI",
            f"{place} does not answer as it should: {error}",
            f"read {settings.asterisk_dir / 'log' / 'messages.log'}",
        )
    else:
        yield ok("AMI", f"{place} answers, {channels} channels")
