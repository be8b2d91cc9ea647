"""With the real Asterisk that the installation provides, and a configuration of a few lines."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from config.settings import Settings, load_settings
from telephony.asterisk.installation import Installation, find_installation
from telephony.asterisk.process import AsteriskProcess, AsteriskProcessError
from tests.unit.telephony.asterisk.bare_asterisk import bare_asterisk

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def installation() -> Installation:
    return find_installation(load_settings())


@pytest.fixture
async def settings(installation: Installation) -> AsyncIterator[Settings]:
    with bare_asterisk(installation) as made:
        yield made
        await AsteriskProcess(installation, made).stop(graceful_s=0.5)


async def test_given_nothing_runs_when_started_then_it_answers_and_stops_without_a_trace(
    installation: Installation, settings: Settings
) -> None:
    asterisk = AsteriskProcess(installation, settings)

    await asterisk.start()

    pid = asterisk.pid
    assert pid is not None
    assert not asterisk.adopted
    assert installation.version_text in await asterisk.command("core show version")
    await asterisk.stop()
    assert not asterisk.is_alive
    assert asterisk.pid is None
    assert not Path(f"/proc/{pid}").exists()


async def test_given_it_runs_when_started_again_then_the_same_process_is_adopted(
    installation: Installation, settings: Settings
) -> None:
    first = AsteriskProcess(installation, settings)
    await first.start()
    second = AsteriskProcess(installation, settings)

    await second.start()

    assert second.adopted
    assert second.pid == first.pid
    await second.stop()
    # a process that ends has no words for a moment before its parent may bury it
    await asyncio.wait_for(first.wait(), 5)


async def test_given_its_starter_is_killed_when_started_again_then_it_had_stayed_up(
    installation: Installation, settings: Settings
) -> None:
    script = (
        "import asyncio, os, signal; from config.settings import *; from pathlib import Path\n"
        "from telephony.asterisk.installation import find_installation\n"
        "from telephony.asterisk.process import AsteriskProcess\n"
        f"ports = AsteriskSettings(ami_port={settings.asterisk.ami_port},"
        f" sip_port={settings.asterisk.sip_port})\n"
        f"settings = Settings(data_dir=Path({str(settings.data_dir)!r}), asterisk=ports,"
        " softphone=SoftphoneSettings(enabled=False))\n"
        "asyncio.run(AsteriskProcess(find_installation(settings), settings).start())\n"
        "os.killpg(0, signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], start_new_session=True, check=False)
    assert done.returncode == -signal.SIGKILL

    asterisk = AsteriskProcess(installation, settings)
    await asterisk.start()

    assert asterisk.adopted
    await asterisk.stop()
    assert not asterisk.is_alive


async def test_given_a_stale_pid_of_another_program_when_asked_then_it_is_not_taken_for_asterisk(
    installation: Installation, settings: Settings
) -> None:
    (settings.asterisk_dir / "run/asterisk.pid").write_text(f"{os.getpid()}\n")
    assert not AsteriskProcess(installation, settings).is_alive


async def test_given_a_broken_configuration_when_started_then_the_error_carries_its_words(
    installation: Installation, settings: Settings
) -> None:
    (settings.asterisk_dir / "etc/modules.conf").write_text(
        "[modules]\nautoload=no\nrequire=app_no_such.so\n"
    )
    asterisk = AsteriskProcess(installation, settings)
    with pytest.raises(AsteriskProcessError, match="app_no_such"):
        await asterisk.start()
    assert not asterisk.is_alive


async def test_given_a_taken_port_when_started_then_the_setting_is_named_and_nothing_runs(
    installation: Installation, settings: Settings
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", settings.asterisk.ami_port))
        taken.listen(1)
        asterisk = AsteriskProcess(installation, settings)
        with pytest.raises(AsteriskProcessError, match=r"change asterisk\.ami_port"):
            await asterisk.start()
    assert not asterisk.is_alive


async def test_given_a_frozen_asterisk_when_started_again_then_it_is_left_alone_and_named(
    installation: Installation, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("telephony.asterisk.process.process.ADOPTION_DEADLINE_S", 0.5)
    first = AsteriskProcess(installation, settings)
    await first.start()
    pid = first.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(AsteriskProcessError, match=rf"process {pid}\) but does not answer"):
            await AsteriskProcess(installation, settings).start()
        assert first.is_alive
    finally:
        os.kill(pid, signal.SIGCONT)
    await first.stop()


async def test_given_a_long_data_folder_when_started_then_the_error_names_the_setting(
    installation: Installation, tmp_path: Path
) -> None:
    settings = Settings(data_dir=tmp_path / ("x" * 100))
    with pytest.raises(AsteriskProcessError, match="set data_dir to a shorter one"):
        await AsteriskProcess(installation, settings).start()
