"""Column types that mean the same in SQLite and in PostgreSQL."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import JSON, DateTime, Dialect, String, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator, TypeEngine

# JSONB where there is one: it can be indexed and queried.
Json = JSON().with_variant(JSONB(), "postgresql")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime, always UTC. SQLite stores no zone, so it is put back when read.

    A naive datetime raises ValueError when it is bound: its zone could only be guessed.
    """

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """``timestamp with time zone`` where there is one."""
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone; use aware datetimes")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Words(TypeDecorator[str]):
    """Text of at most ``length`` characters; see :class:`Prose` for more.

    What cannot be kept is left out, what is too long is cut, in SQLite as in PostgreSQL: whatever
    a caller's telephone or a stranger's request says, the record is kept and the search answered.
    """

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """As it is kept."""
        length = cast("String", self.impl_instance).length
        return None if value is None else str(storable(value))[:length]


class Prose(TypeDecorator[str]):
    """Text of any length, otherwise like :class:`Words`."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """As it is kept."""
        return None if value is None else str(storable(value))


def storable(value: Any) -> Any:
    """The value without what a database cannot keep: NUL (PostgreSQL), lone surrogates, no number.

    Works through dicts and lists; other values are returned as they are.
    """
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {storable(key): storable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [storable(item) for item in value]
    return value
