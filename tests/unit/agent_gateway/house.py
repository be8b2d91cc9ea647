"""A whole web side on a free port: real server, real database, real desk over seats in memory."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from argon2 import PasswordHasher

from agent_gateway.http import GatewayContext, build_app
from agent_gateway.journal import Journal
from agent_gateway.store import Store, User
from agent_gateway.tickets import TicketDrafter
from config.settings import Secrets, Settings
from telephony.agents import AgentDesk, Seat
from telephony.events import EventBus

PASSWORD = "correct horse battery"
# Hashing is slow on purpose; the price is part of the hash, and here it is a low one.
CHEAP_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
PEOPLE = {
    "zhang": ("agent", "8001"),
    "li": ("agent", "8002"),
    "boss": ("supervisor", ""),
    "root": ("admin", ""),
}


def _seat(interface: str, paused: str = "") -> Seat:
    return Seat(interface, paused=bool(paused), paused_reason=paused, in_call=False, reachable=True)


class MemorySeats:
    """The queue's seats, without an Asterisk."""

    def __init__(self) -> None:
        self.seats: dict[str, Seat] = {}
        self.reseated: list[str] = []
        self.away = False

    async def add(self, interface: str) -> None:
        self._check()
        self.seats[interface] = _seat(interface)

    async def reseat(self, interface: str) -> None:
        self._check()
        self.reseated.append(interface)

    async def remove(self, interface: str) -> None:
        self._check()
        self.seats.pop(interface, None)

    async def pause(self, interface: str, *, reason: str) -> None:
        self._check()
        self.seats[interface] = _seat(interface, reason)

    async def unpause(self, interface: str) -> None:
        await self.add(interface)

    async def members(self) -> dict[str, Seat]:
        self._check()
        return dict(self.seats)

    def _check(self) -> None:
        if self.away:
            raise ConnectionError("no Asterisk")


@dataclass(slots=True)
class House:
    """The running web side."""

    context: GatewayContext
    seats: MemorySeats
    journal: Journal
    drafter: TicketDrafter
    url: str
    client: aiohttp.ClientSession
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def bus(self) -> EventBus:
        return self.context.bus

    @property
    def store(self) -> Store:
        return self.context.store

    async def token(self, username: str) -> str:
        """The person's session."""
        if username not in self.tokens:
            status, reply = await self.ask(
                "POST", "/api/login", body={"username": username, "password": PASSWORD}
            )
            assert status == 200, reply
            self.tokens[username] = reply["token"]
        return self.tokens[username]

    async def ask(
        self,
        method: str,
        path: str,
        *,
        as_: str = "",
        body: Any = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, Any]:
        """Status and JSON of a request; ``as_``: with that person's token."""
        headers = dict(headers or {})
        if as_:
            headers["Authorization"] = f"Bearer {await self.token(as_)}"
        async with self.client.request(
            method, self.url + path, json=body, headers=headers
        ) as reply:
            text = await reply.text(errors="replace")
            is_json = reply.content_type == "application/json"
            return reply.status, json.loads(text) if is_json and text else text

    @asynccontextmanager
    async def page(self, username: str) -> AsyncIterator[Page]:
        """The person's page, connected."""
        token = await self.token(username)
        async with self.client.ws_connect(
            f"{self.url}/ws", headers={"Authorization": f"Bearer {token}"}
        ) as ws:
            page = Page(ws)
            await page.hear("hello")
            page.snapshot = await page.hear("snapshot")
            yield page

    def publish(self, events: Sequence[Any]) -> None:
        for event in events:
            self.bus.publish(event)


class Page:
    """A connected page that hears messages in their order."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self.ws = ws
        self.snapshot: dict[str, Any] = {}
        self.heard: list[dict[str, Any]] = []

    async def hear(self, kind: str) -> dict[str, Any]:
        """The next message of that type; those before it are kept in ``heard``."""
        async with asyncio.timeout(10):
            while True:
                message: dict[str, Any] = await self.ws.receive_json()
                self.heard.append(message)
                if message["type"] == kind:
                    return message

    async def everything(self) -> list[dict[str, Any]]:
        """All that has been sent so far (a ping marks the end)."""
        self.heard.clear()
        await self.ws.send_json({"type": "ping", "id": "mark"})
        await self.hear("pong")
        return self.heard[:-1]


@asynccontextmanager
async def open_house(
    store: Store, bus: EventBus, folder: Path, **sections: Any
) -> AsyncIterator[House]:
    """Start it, with the people of ``PEOPLE``; ``sections``: settings."""
    await add_people(store)
    settings = Settings(data_dir=folder / "data", install_dir=folder / "install", **sections)
    settings.archive_dir.mkdir(parents=True)
    seats = MemorySeats()
    desk = AgentDesk(bus, seats, wrap_up_seconds=0, missed_calls_before_break=2)
    drafter = TicketDrafter(
        store, bus, None, settings.city.zone, quiet_s=0.02, deadline_s=0.2, sweep_s=60
    )
    journal = Journal(store, bus, folder / "spool", persisted=drafter.noticed, retry_s=(0.02, 0.1))
    context = GatewayContext(
        settings=settings,
        secrets=Secrets.generate(),
        store=store,
        bus=bus,
        desk=desk,
        journal=journal,
        line_names={"12345": "政务服务便民热线", "12328": "交通运输服务监督热线"},
    )
    desk_task = asyncio.create_task(desk.run())
    async with drafter, journal, aiohttp.ClientSession() as client:
        runner = web.AppRunner(build_app(context), access_log=None, shutdown_timeout=1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        try:
            yield House(context, seats, journal, drafter, f"http://127.0.0.1:{port}", client)
        finally:
            await runner.cleanup()
            desk_task.cancel()
            await asyncio.gather(desk_task, return_exceptions=True)


async def add_people(store: Store) -> None:
    """The people of ``PEOPLE``, all with the same password."""
    for username, (role, extension) in PEOPLE.items():
        await store.users.add(
            User(
                username=username,
                password_hash=CHEAP_HASH,
                display_name=username.title(),
                role=role,
                extension=extension or None,
                sip_password="",
                active=True,
                created_at=datetime.now(UTC),
            )
        )
