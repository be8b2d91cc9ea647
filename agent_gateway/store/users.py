"""Users, their web sessions, and the audit trail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import delete, select

from agent_gateway.store.conflicts import ChangedMeanwhileError
from agent_gateway.store.engine import Engine
from agent_gateway.store.models import Audit, Session, User
from agent_gateway.store.types import storable


class Users:
    """The people who may log in."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def all(self) -> Sequence[User]:
        """Everybody, by name."""
        async with self._engine.read() as session:
            return (await session.scalars(select(User).order_by(User.username))).all()

    async def agents(self) -> Sequence[User]:
        """Active users who have a telephone, by extension."""
        query = (
            select(User).where(User.extension.is_not(None), User.active).order_by(User.extension)
        )
        async with self._engine.read() as session:
            return (await session.scalars(query)).all()

    async def by_extension(self, extension: str) -> User | None:
        """The active user of a telephone."""
        async with self._engine.read() as session:
            return await session.scalar(
                select(User).where(User.extension == extension, User.active)
            )

    async def by_name(self, username: str) -> User | None:
        """One user."""
        async with self._engine.read() as session:
            return await session.scalar(select(User).where(User.username == username))

    async def add(self, user: User) -> None:
        """Keep a new user.

        Raises:
            IntegrityError: the name or the extension is taken.
        """
        async with self._engine.write() as session:
            session.add(user)

    async def set_password(self, username: str, password_hash: str) -> bool:
        """Change the password and end the user's sessions; False if there is no such user."""
        async with self._engine.write() as session:
            user = await session.scalar(select(User).where(User.username == username))
            if user is None:
                return False
            user.password_hash = password_hash
            await session.execute(delete(Session).where(Session.user_id == user.id))
            return True

    async def set_skills(
        self, username: str, skills: Mapping[str, int], *, read: Mapping[str, int] | None = None
    ) -> User | None:
        """Change an agent's skills and return the user; None if there is no such user.

        Raises:
            ChangedMeanwhileError: they are not ``read`` any more (None: any will do).
        """
        async with self._engine.write() as session:
            query = select(User).where(User.username == username).with_for_update()
            user = await session.scalar(query)
            if user is not None:
                if read not in (None, user.skills):
                    raise ChangedMeanwhileError
                user.skills = dict(skills)
            return user

    async def set_telephone(self, extension: str, telephone: str) -> str | None:
        """Say what the agent's telephone is; returns what it was, None without such an agent."""
        async with self._engine.write() as session:
            user = await session.scalar(
                select(User).where(User.extension == extension, User.active).with_for_update()
            )
            if user is None:
                return None
            before, user.telephone = user.telephone, telephone
            return before

    async def set_active(self, username: str, active: bool) -> bool:
        """Allow or forbid logging in (ends the sessions); False if there is no such user."""
        async with self._engine.write() as session:
            user = await session.scalar(select(User).where(User.username == username))
            if user is None:
                return False
            user.active = active
            if not active:
                await session.execute(delete(Session).where(Session.user_id == user.id))
            return True


class Sessions:
    """Web logins."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def add(self, login: Session) -> None:
        """Keep a login; expired ones go."""
        async with self._engine.write() as session:
            await session.execute(delete(Session).where(Session.expires_at <= login.created_at))
            session.add(login)

    async def user(self, token_hash: str, now: datetime) -> User | None:
        """The active user of an unexpired session."""
        query = (
            select(User)
            .join(Session, Session.user_id == User.id)
            .where(Session.token_hash == token_hash, Session.expires_at > now, User.active)
        )
        async with self._engine.read() as session:
            return await session.scalar(query)

    async def end(self, token_hash: str) -> None:
        """Forget a login."""
        async with self._engine.write() as session:
            await session.execute(delete(Session).where(Session.token_hash == token_hash))


def audit_entry(
    user: str, action: str, thing: str = "", *, detail: str = "", ip: str = ""
) -> Audit:
    """One line of the audit trail; long texts are cut."""
    return Audit(
        at=datetime.now(UTC),
        user=storable(user)[:64],
        action=action[:64],
        object=storable(thing)[:200],
        detail=storable(detail)[:2000],
        ip=ip[:64],
    )


class AuditTrail:
    """Who did or saw what."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def add(
        self, user: str, action: str, thing: str = "", *, detail: str = "", ip: str = ""
    ) -> None:
        """Add one line; long texts are cut."""
        entry = audit_entry(user, action, thing, detail=detail, ip=ip)
        async with self._engine.write() as session:
            session.add(entry)

    async def objects(self, action: str) -> set[str]:
        """To what this was ever done."""
        async with self._engine.read() as session:
            query = select(Audit.object).where(Audit.action == action).distinct()
            return set((await session.scalars(query)).all())

    async def latest(self, limit: int = 100) -> Sequence[Audit]:
        """The newest lines first."""
        async with self._engine.read() as session:
            query = select(Audit).order_by(Audit.id.desc()).limit(limit)
            return (await session.scalars(query)).all()
