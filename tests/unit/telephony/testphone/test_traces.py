"""The telephones leave nothing behind, however they end, and say why they do not begin."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from telephony.asterisk.installation import Installation
from telephony.testphone import PhoneCall, PhoneError, TestPhone

from .standin import StandIn

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="package")]


def folders() -> set[Path]:
    return set(Path(tempfile.gettempdir()).glob("hotline-phone-*"))


def processes(home: Path) -> list[str]:
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = file.read_bytes()
        except OSError:
            continue
        if os.fsencode(home) in words:
            found.append(file.parent.name)
    return found


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # other tests' telephones are none of our business
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


async def test_given_open_calls_when_an_error_ends_the_telephones_then_nothing_is_left(
    installation: Installation, hotline: StandIn
) -> None:
    async def breaks_off() -> None:
        async with TestPhone(installation, hotline.address) as phone:
            seen.append(await phone.dial("1000"))
            await seen[0].wait_answered()
            homes.extend(folders())
            assert processes(homes[0])
            raise RuntimeError("the test's own")

    seen: list[PhoneCall] = []
    homes: list[Path] = []
    with pytest.raises(RuntimeError, match="the test's own"):
        await breaks_off()
    assert seen[0].is_ended
    assert folders() == set()
    assert processes(homes[0]) == []
    await hotline.channels_gone()


async def test_given_an_asterisk_that_cannot_start_then_the_error_says_so_and_nothing_is_left(
    installation: Installation,
) -> None:
    broken = dataclasses.replace(installation, asterisk_argv=("/bin/false",))
    with pytest.raises(PhoneError, match="ended at once"):
        async with TestPhone(broken, ("127.0.0.1", 9)):
            pass
    assert folders() == set()


async def test_given_its_asterisk_is_killed_then_the_calls_end_and_actions_say_so(
    installation: Installation, hotline: StandIn
) -> None:
    async with TestPhone(installation, hotline.address) as phone:
        call = await phone.dial("1000")
        await call.wait_answered()
        [home] = folders()
        for process in processes(home):
            os.kill(int(process), signal.SIGKILL)
        await call.wait_ended()
        assert call.cause_text == "the telephones' Asterisk is gone"
        with pytest.raises(PhoneError):
            await phone.dial("1000")
    assert folders() == set()
    await hotline.hang_up()


_PROGRAM = """
import asyncio, sys
from config.settings import Settings
from telephony.asterisk.installation import find_installation
from telephony.testphone import TestPhone

async def main():
    async with TestPhone(find_installation(Settings()), ("127.0.0.1", 9)):
        print("running", flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


async def test_given_the_program_is_killed_outright_then_its_telephones_die_with_it(
    installation: Installation, tmp_path: Path
) -> None:
    program = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _PROGRAM,
        stdout=subprocess.PIPE,
        env=os.environ | {"TMPDIR": str(tmp_path)},
    )
    assert program.stdout is not None
    assert await program.stdout.readline() == b"running\n"
    [home] = folders()
    assert processes(home)
    program.kill()
    await program.wait()
    async with asyncio.timeout(5):
        while processes(home):
            await asyncio.sleep(0.02)
