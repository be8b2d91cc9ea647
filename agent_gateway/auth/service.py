"""Logging in and out, and knowing who a token belongs to."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import UTC, datetime, timedelta

import structlog

from agent_gateway.auth.passwords import Verifier
from agent_gateway.auth.principal import Principal
from agent_gateway.auth.throttle import Throttle
from agent_gateway.store import Session, Store, User

log = structlog.get_logger(__name__)

_MAX_TOKEN = 200


class BadLoginError(Exception):
    """Wrong name or password, or the account is closed."""


class TooManyTriesError(Exception):
    """Guessing is braked. ``wait_s``: seconds until the next try is heard."""

    def __init__(self, wait_s: float) -> None:
        self.wait_s = wait_s
        super().__init__(f"too many failed logins; try again in {wait_s:.0f} s")


class Auth:
    """Sessions on the server: a random token at the browser, its keyed hash in the store.

    Args:
        store: users, sessions, audit.
        session_key: ``secrets.session_key``; a stolen database alone gives no usable token.
        session_hours: how long a login lasts.
    """

    def __init__(
        self,
        store: Store,
        session_key: str,
        session_hours: int,
        *,
        throttle: Throttle | None = None,
    ) -> None:
        self._store = store
        self._key = session_key.encode()
        self.lifetime = timedelta(hours=session_hours)
        self._throttle = throttle or Throttle()
        self._verifier = Verifier()

    async def login(self, username: str, password: str, ip: str) -> tuple[str, Principal]:
        """Check the password and begin a session.

        Returns:
            The token, and whose it is.

        Raises:
            BadLoginError: not this name with this password.
            TooManyTriesError: not heard now.
            SQLAlchemyError: the store does not answer.
        """
        if (wait_s := self._throttle.wait_s(username, ip)) > 0:
            raise TooManyTriesError(wait_s)
        # Counted before the slow check, so that many tries at once do not slip through.
        self._throttle.failed(username, ip)
        user = await self._store.users.by_name(username)
        known = user is not None and user.active
        fits = await self._verifier.verify(password, user.password_hash if user and known else None)
        if user is None or not fits:
            log.warning("auth.login_failed", user=username[:64], ip=ip)
            await self._store.audit.add(username, "login.failed", ip=ip)
            raise BadLoginError
        self._throttle.succeeded(username, ip)
        return await self.begin(user, "login", ip), Principal.of(user)

    async def begin(self, user: User, how: str, ip: str) -> str:
        """Begin a session for somebody who has proved who they are; returns the token.

        Args:
            user: whose session it is.
            how: they proved it, for the audit trail: ``login``, or ``login.command`` for whoever
                can read the installation's secrets.
            ip: from where.

        Raises:
            SQLAlchemyError: the store does not answer.
        """
        token = secrets.token_urlsafe(32)
        now = datetime.now(UTC)
        await self._store.sessions.add(
            Session(
                token_hash=self._hash(token),
                user_id=user.id,
                created_at=now,
                expires_at=now + self.lifetime,
                ip=ip[:64],
            )
        )
        await self._store.audit.add(user.username, how, ip=ip)
        log.info("auth.login", user=user.username, how=how, ip=ip)
        return token

    async def logout(self, token: str, who: Principal, ip: str) -> None:
        """End the session.

        Raises:
            SQLAlchemyError: the store does not answer.
        """
        await self._store.sessions.end(self._hash(token))
        await self._store.audit.add(who.username, "logout", ip=ip)

    async def principal(self, token: str) -> Principal | None:
        """Whose token this is; None for an unknown or expired one.

        Raises:
            SQLAlchemyError: the store does not answer.
        """
        if not token or len(token) > _MAX_TOKEN:
            return None
        user = await self._store.sessions.user(self._hash(token), datetime.now(UTC))
        return None if user is None else Principal.of(user)

    def _hash(self, token: str) -> str:
        return hmac.new(self._key, token.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
