from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from config.settings import Settings
from telephony.asterisk.installation import Installation, find_installation
from telephony.testphone import TestPhone

from .sounds import write_tone
from .standin import StandIn, stand_in


@pytest.fixture(scope="package")
def installation() -> Installation:
    return find_installation(Settings())


@pytest.fixture(scope="package")
def short_home() -> Iterator[Path]:
    """A folder whose path leaves room for the name of a socket."""
    home = Path(tempfile.mkdtemp(prefix="hl-"))
    yield home
    shutil.rmtree(home)


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def one_hotline(installation: Installation, short_home: Path) -> AsyncIterator[StandIn]:
    tone = write_tone(short_home / "tone.wav", 700, 1.5)
    async with stand_in(short_home / "hotline", tone, installation) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="package")
async def hotline(one_hotline: StandIn) -> StandIn:
    await one_hotline.channels_gone()
    one_hotline.events.clear()
    return one_hotline


@pytest_asyncio.fixture(loop_scope="package")
async def phone(installation: Installation, hotline: StandIn) -> AsyncIterator[TestPhone]:
    async with TestPhone(installation, hotline.address) as running:
        yield running
