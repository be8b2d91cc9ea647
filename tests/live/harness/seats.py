"""Agents at their seats: telephones on the hook, browsers open."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager

from telephony.testphone import PhoneAgent
from tests.live.harness.api import Api
from tests.live.harness.hotline import Hotline, until
from tests.live.harness.talk import fresh


@asynccontextmanager
async def at_rest(hotline: Hotline, telephones: dict[str, PhoneAgent]) -> AsyncIterator[None]:
    """Telephones that nothing was asked of; afterwards nothing of a call may be left anywhere."""
    # what a failed test before left behind must not fail this one
    await hotline.asterisk.command("channel request hangup all")
    await until(hotline.idle, "Asterisk without channels", 15)
    for telephone in telephones.values():
        fresh(telephone)
    yield
    await until(hotline.idle, "Asterisk without channels", 15)


@asynccontextmanager
async def watching(hotline: Hotline, extensions: Iterable[str]) -> AsyncIterator[dict[str, Api]]:
    """The agents at their browsers, not logged in to the queue; they are logged out at the end."""
    async with AsyncExitStack() as stack:
        seats: dict[str, Api] = {}
        for extension in extensions:
            api = hotline.api(f"agent{extension}")
            seats[extension] = await stack.enter_async_context(api)
            await api.watch()
        yield seats
        for api in seats.values():
            await api.state("logged_out")
