"""The person behind a request."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from agent_gateway.store import User


class Role(StrEnum):
    """What a person may do."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Principal:
    """A logged-in person. ``extension`` is "" for people without a telephone."""

    user_id: int
    username: str
    display_name: str
    role: Role
    extension: str

    @classmethod
    def of(cls, user: User) -> Self:
        """From the user's row."""
        return cls(user.id, user.username, user.display_name, Role(user.role), user.extension or "")

    @property
    def sees_all(self) -> bool:
        """Whether other people's calls are open to this person."""
        return self.role in (Role.SUPERVISOR, Role.ADMIN)
