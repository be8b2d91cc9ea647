"""The one door to the database."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from sqlalchemy import text

from agent_gateway.store.callbacks import Callbacks
from agent_gateway.store.callers import ListedCallers
from agent_gateway.store.calls import Calls
from agent_gateway.store.engine import BUSY_TIMEOUT_MS, Engine
from agent_gateway.store.events import Events
from agent_gateway.store.knowledge import KnowledgeBase
from agent_gateway.store.migrate import migrate
from agent_gateway.store.missed import MissedCalls
from agent_gateway.store.pinned import PinnedTargets
from agent_gateway.store.second import SecondPasses
from agent_gateway.store.survey_calls import SurveyCalls
from agent_gateway.store.surveys import Surveys
from agent_gateway.store.tickets import Tickets
from agent_gateway.store.users import AuditTrail, Sessions, Users


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """``kind``: SQLite or PostgreSQL. ``version``: e.g. 15.18. ``encoding``: of its texts."""

    kind: str
    version: str
    encoding: str

    @property
    def major(self) -> int:
        """The first number of the version."""
        return int(self.version.partition(".")[0])


class Store:
    """Everything that is kept, by subject. All methods raise SQLAlchemyError on an outage.

    Args:
        url: SQLAlchemy URL with an async driver (``settings.database_url``).
        busy_timeout_ms: how long a SQLite writer waits for another before it gives up.
    """

    def __init__(self, url: str, *, busy_timeout_ms: int = BUSY_TIMEOUT_MS) -> None:
        self._engine = Engine(url, busy_timeout_ms=busy_timeout_ms)
        self.users = Users(self._engine)
        self.sessions = Sessions(self._engine)
        self.audit = AuditTrail(self._engine)
        self.calls = Calls(self._engine)
        self.events = Events(self._engine)
        self.tickets = Tickets(self._engine)
        self.surveys = Surveys(self._engine)
        self.survey_calls = SurveyCalls(self._engine)
        self.callbacks = Callbacks(self._engine)
        self.missed = MissedCalls(self._engine)
        self.callers = ListedCallers(self._engine)
        self.knowledge = KnowledgeBase(self._engine)
        self.pinned = PinnedTargets(self._engine)
        self.second = SecondPasses(self._engine)

    async def migrate(self) -> None:
        """Create or upgrade the schema (see :func:`agent_gateway.store.migrate`)."""
        await asyncio.to_thread(migrate, self._engine.url)

    async def ping(self) -> None:
        """Ask the database something.

        Raises:
            SQLAlchemyError: it does not answer.
        """
        async with self._engine.read() as session:
            await session.execute(text("SELECT count(*) FROM alembic_version"))

    async def revision(self) -> str:
        """The schema that the database has; compare with :func:`newest_revision`.

        Raises:
            SQLAlchemyError: it does not answer, or was never migrated.
        """
        async with self._engine.read() as session:
            found = await session.execute(text("SELECT version_num FROM alembic_version"))
            return str(found.scalar_one_or_none() or "")

    async def server(self) -> ServerInfo:
        """What keeps the records.

        Raises:
            SQLAlchemyError: it does not answer.
        """
        async with self._engine.read() as session:
            kind = (await session.connection()).dialect.name
            if kind == "sqlite":
                found = await session.execute(text("SELECT sqlite_version()"))
                return ServerInfo("SQLite", str(found.scalar_one()), "UTF8")
            found = await session.execute(
                text("SELECT current_setting('server_version'), current_setting('server_encoding')")
            )
            version, encoding = found.one()
            return ServerInfo("PostgreSQL", str(version).split()[0], str(encoding))

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()
