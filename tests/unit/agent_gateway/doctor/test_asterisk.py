import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent_gateway.doctor import Finding, Status
from agent_gateway.doctor.asterisk import check_ami, check_asterisk
from config.settings import AsteriskSettings, Settings, load_secrets, load_settings
from telephony.asterisk.installation import Installation, find_installation
from telephony.asterisk.process import AsteriskProcess
from tests.unit.telephony.asterisk.bare_asterisk import bare_asterisk

MANAGER = """\
[general]
enabled = yes
bindaddr = 127.0.0.1
port = {port}
[observer]
secret = {secret}
read = call,agent
write = reporting
"""


@pytest.fixture(scope="module")
def installation() -> Installation:
    return find_installation(load_settings())


@pytest.fixture
def settings(installation: Installation) -> Iterator[Settings]:
    with bare_asterisk(installation) as made:
        yield made


def only(findings: Iterator[Finding]) -> Finding:
    (finding,) = findings
    return finding


@pytest.mark.live
async def test_given_the_real_asterisk_when_checked_then_the_observer_gets_answers(
    installation: Installation, settings: Settings
) -> None:
    secret = load_secrets(settings.data_dir).ami_observer_password
    file = settings.asterisk_dir / "etc/manager.conf"
    file.write_text(MANAGER.format(port=settings.asterisk.ami_port, secret=secret))
    asterisk = AsteriskProcess(installation, settings)
    await asterisk.start()
    try:
        running = await asyncio.to_thread(lambda: list(check_asterisk(settings)))
        answers = await asyncio.to_thread(lambda: only(check_ami(settings)))
        (settings.data_dir / "secrets.json").unlink()
        load_secrets(settings.data_dir)  # others than Asterisk has
        refused = await asyncio.to_thread(lambda: only(check_ami(settings)))
    finally:
        await asterisk.stop(graceful_s=1)
    assert running[0].status is Status.OK
    assert str(installation.version_text) in running[0].message
    assert answers.status is Status.OK
    assert "0 channels" in answers.message
    assert refused.status is Status.FAIL
    assert "does not know the account" in refused.message
    assert secret not in refused.message + answers.message


@pytest.mark.live
def test_given_asterisk_does_not_run_when_checked_then_it_says_how_to_start(
    settings: Settings,
) -> None:
    first, *_ = check_asterisk(settings)
    assert (first.status, first.mend) == (Status.FAIL, "hotline run")
    load_secrets(settings.data_dir)
    finding = only(check_ami(settings))
    assert (finding.status, finding.mend) == (Status.FAIL, "hotline run")


def test_given_nothing_is_installed_when_checked_then_it_says_make_install(tmp_path: Path) -> None:
    finding = only(check_asterisk(Settings(install_dir=tmp_path)))
    assert finding.status is Status.FAIL
    assert "make install" in finding.mend


def test_given_no_secrets_when_checked_then_none_are_made(tmp_path: Path) -> None:
    assert only(check_ami(Settings(data_dir=tmp_path))).status is Status.FAIL
    assert list(tmp_path.iterdir()) == []


def test_given_a_program_that_says_nothing_when_checked_then_a_finding_within_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent_gateway.doctor.asterisk.ANSWER_S", 0.3)
    load_secrets(tmp_path)
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen(5)
        settings = Settings(
            data_dir=tmp_path, asterisk=AsteriskSettings(ami_port=mute.getsockname()[1])
        )
        finding = only(check_ami(settings))
    assert finding.status is Status.FAIL
