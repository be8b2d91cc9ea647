"""Making and changing accounts, with an audit entry each."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.exc import IntegrityError

from agent_gateway.auth.passwords import hash_password
from agent_gateway.auth.principal import Role
from agent_gateway.store import Store, User

_NAME = re.compile(r"[\w.-]{1,64}")
_EXTENSION = re.compile(r"[0-9]{2,8}")
LEVELS = 9
"""Levels of a skill: 1 (best) to this."""


class AccountError(Exception):
    """The account cannot be made or changed; the message says why."""


@dataclass(frozen=True, slots=True)
class NewAccount:
    """A new account with the passwords that are shown once.

    ``sip_user`` and ``sip_password`` are "" for somebody without an extension.
    """

    username: str
    password: str
    role: Role
    extension: str
    sip_user: str
    sip_password: str


class Accounts:
    """The accounts of one installation.

    Args:
        store: migrated.
        by: who does it, for the audit trail.
        ip: from where; "" at the machine itself.
    """

    def __init__(self, store: Store, by: str, *, ip: str = "") -> None:
        self._store = store
        self._by = by
        self._ip = ip

    async def add(
        self,
        username: str,
        role: Role,
        *,
        extension: str = "",
        display_name: str = "",
        password: str = "",
    ) -> NewAccount:
        """Make an account; an empty password is generated.

        Raises:
            AccountError: a value cannot be used, or the name or extension is taken.
            PasswordTooShortError: the password is.
            SQLAlchemyError: the store does not answer.
        """
        if not _NAME.fullmatch(username):
            raise AccountError("a name has 1 to 64 letters, digits, dots, dashes or underscores")
        if extension and not _EXTENSION.fullmatch(extension):
            raise AccountError("an extension has 2 to 8 digits")
        if role is Role.AGENT and not extension:
            raise AccountError("an agent needs an extension, e.g. --extension 8003")
        password = password or secrets.token_urlsafe(12)
        sip_password = secrets.token_urlsafe(15) if extension else ""
        user = User(
            username=username,
            password_hash=await asyncio.to_thread(hash_password, password),
            display_name=(display_name or username)[:128],
            role=role.value,
            extension=extension or None,
            sip_password=sip_password,
            active=True,
            created_at=datetime.now(UTC),
        )
        try:
            await self._store.users.add(user)
        except IntegrityError as error:
            raise AccountError(
                f"the name {username} or the extension {extension or '-'} is taken"
            ) from error
        await self._audit("user.add", username, f"role={role} extension={extension}")
        sip_user = f"agent-{extension}" if extension else ""
        return NewAccount(username, password, role, extension, sip_user, sip_password)

    async def set_password(self, username: str, password: str = "") -> str:
        """Change a password (generated when empty), end the user's sessions, and return it.

        Raises:
            AccountError: no such user.
            PasswordTooShortError: the password is too short.
            SQLAlchemyError: the store does not answer.
        """
        password = password or secrets.token_urlsafe(12)
        hashed = await asyncio.to_thread(hash_password, password)
        if not await self._store.users.set_password(username, hashed):
            raise AccountError(f"there is no user {username}")
        await self._audit("user.passwd", username)
        return password

    async def set_skills(
        self,
        username: str,
        skills: Mapping[str, int],
        known: Collection[str],
        read: Mapping[str, int] | None = None,
    ) -> User:
        """Say which queues an agent serves and how well: level 1 is rung before 2.

        Args:
            username: whose skills.
            skills: queue -> level; empty: the calls that everybody takes.
            known: the queues there are.
            read: the skills that were seen before; None: whatever they are now.

        Raises:
            AccountError: no such user or queue, or a level that is none.
            ChangedMeanwhileError: they are not ``read`` any more.
            SQLAlchemyError: the store does not answer.
        """
        for queue, level in skills.items():
            if queue not in known:
                raise AccountError(f"there is no queue {queue}; there are {', '.join(known)}")
            if not 1 <= level <= LEVELS:
                raise AccountError(f"the level of {queue} must be from 1 (best) to {LEVELS}")
        user = await self._store.users.set_skills(username, skills, read=read)
        if user is None:
            raise AccountError(f"there is no user {username}")
        told = " ".join(f"{queue}={level}" for queue, level in sorted(skills.items()))
        await self._audit("user.skills", username, told)
        return user

    async def set_active(self, username: str, active: bool) -> None:
        """Close an account (its sessions end), or open it again.

        Raises:
            AccountError: no such user.
            SQLAlchemyError: the store does not answer.
        """
        if not await self._store.users.set_active(username, active):
            raise AccountError(f"there is no user {username}")
        await self._audit("user.enable" if active else "user.disable", username)

    async def _audit(self, action: str, username: str, detail: str = "") -> None:
        await self._store.audit.add(self._by, action, username, detail=detail, ip=self._ip)
