"""Password hashes (Argon2id with the library's RFC 9106 low-memory profile)."""

from __future__ import annotations

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_PASSWORD = 10
# Each hashing takes 64 MiB: more at a time would let a crowd of logins take the memory.
_PARALLEL = 2

_hasher = PasswordHasher()


class PasswordTooShortError(ValueError):
    """The password has less than ``MIN_PASSWORD`` characters."""


def hash_password(password: str) -> str:
    """The hash to keep (blocking, tens of milliseconds).

    Raises:
        PasswordTooShortError: too short.
    """
    if len(password) < MIN_PASSWORD:
        raise PasswordTooShortError(f"a password needs at least {MIN_PASSWORD} characters")
    return _hasher.hash(password)


class Verifier:
    """Checks passwords in worker threads, a few at a time."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(_PARALLEL)
        # Hashed on first use: an unknown name must take as long as a known one.
        self._nobody: str | None = None

    async def verify(self, password: str, password_hash: str | None) -> bool:
        """Whether the password fits; with None (no such user) it takes as long and is False."""
        async with self._turn:
            return await asyncio.to_thread(self._verify, password, password_hash)

    def _verify(self, password: str, password_hash: str | None) -> bool:
        known = password_hash is not None
        if password_hash is None:
            if self._nobody is None:
                self._nobody = _hasher.hash("no one has this password")
            password_hash = self._nobody
        try:
            _hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False
        return known
