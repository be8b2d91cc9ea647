"""The tables. Times are UTC; telephone numbers are text, raw as the network gave them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from agent_gateway.store.types import Json, Prose, UtcDateTime, Words


class Base(DeclarativeBase):
    """Parent of all tables; constraint names are fixed so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy declares it without ClassVar
        datetime: UtcDateTime(),
        dict[str, Any]: Json,
        list[dict[str, Any]]: Json,
    }


class User(Base):
    """A person who may log in."""

    __tablename__ = "users"
    __table_args__ = (CheckConstraint("role IN ('agent', 'supervisor', 'admin')", name="role"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    username: Mapped[str] = mapped_column(Words(64), unique=True)
    password_hash: Mapped[str] = mapped_column(Prose())
    display_name: Mapped[str] = mapped_column(Words(128))
    role: Mapped[str] = mapped_column(Words(16))
    extension: Mapped[str | None] = mapped_column(Words(16), unique=True)
    # In clear: SIP digest authentication needs it, and it is rendered into Asterisk's
    # configuration. It opens a telephone, never the web.
    sip_password: Mapped[str] = mapped_column(Words(64), default="")
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    # Queue -> level, 1 the best; empty: whatever everybody takes.
    skills: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # "browser" or "desk"; "": nobody has chosen yet, and a desk telephone may register.
    telephone: Mapped[str] = mapped_column(Words(16), default="")


class Session(Base):
    """One web login. The token itself is only with the browser; here is its keyed hash."""

    __tablename__ = "sessions"

    token_hash: Mapped[str] = mapped_column(Words(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    ip: Mapped[str] = mapped_column(Words(64), default="")


class Audit(Base):
    """Who did or saw what. Rows are only ever added."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    at: Mapped[datetime] = mapped_column(index=True)
    user: Mapped[str] = mapped_column(Words(64), index=True)
    action: Mapped[str] = mapped_column(Words(64))
    object: Mapped[str] = mapped_column(Words(200), default="")
    detail: Mapped[str] = mapped_column(Prose(), default="")
    ip: Mapped[str] = mapped_column(Words(64), default="")


class Call(Base):
    """One inbound call: the fold of its events. ``path`` is a list of {at, step, ...}."""

    __tablename__ = "calls"
    __table_args__ = (Index(None, "caller", "arrived_at"), Index(None, "agent", "arrived_at"))

    id: Mapped[str] = mapped_column(Words(64), primary_key=True)
    line: Mapped[str] = mapped_column(Words(32), default="")
    dialled: Mapped[str] = mapped_column(Words(64), default="")
    caller: Mapped[str] = mapped_column(Words(64), default="")
    caller_name: Mapped[str] = mapped_column(Words(128), default="")
    sip_call_id: Mapped[str] = mapped_column(Words(256), default="")
    channel: Mapped[str] = mapped_column(Words(128), default="")
    arrived_at: Mapped[datetime] = mapped_column(index=True)
    queued_at: Mapped[datetime | None]
    first_offered_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None] = mapped_column(index=True)
    queue: Mapped[str] = mapped_column(Words(64), default="")
    # Extension of the agent who answered last; all who ever did are in call_agents.
    agent: Mapped[str] = mapped_column(Words(64), default="")
    disposition: Mapped[str] = mapped_column(Words(32), default="in_progress")
    hung_up_by: Mapped[str] = mapped_column(Words(16), default="")
    cause: Mapped[int] = mapped_column(default=0)
    cause_text: Mapped[str] = mapped_column(Words(200), default="")
    path: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    queue_seconds: Mapped[float] = mapped_column(default=0.0)
    talk_seconds: Mapped[float] = mapped_column(default=0.0)
    # True when the record, or its end, was taken from Asterisk's own CDR.
    recovered: Mapped[bool] = mapped_column(default=False)


class CallAgent(Base):
    """An agent who answered the call; they may see it later."""

    __tablename__ = "call_agents"

    call_id: Mapped[str] = mapped_column(
        ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True
    )
    extension: Mapped[str] = mapped_column(Words(64), primary_key=True, index=True)


class CallEventRow(Base):
    """One event as it was published. ``seq`` rises within a call: microseconds of its arrival."""

    __tablename__ = "call_events"

    call_id: Mapped[str] = mapped_column(Words(64), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    type: Mapped[str] = mapped_column(Words(64))
    data: Mapped[dict[str, Any]]


class TranscriptTurn(Base):
    """What one party said without interruption."""

    __tablename__ = "transcript_turns"

    call_id: Mapped[str] = mapped_column(Words(64), primary_key=True)
    speaker: Mapped[str] = mapped_column(Words(16), primary_key=True)
    turn: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    text: Mapped[str] = mapped_column(Prose())
    start_ms: Mapped[int]
    end_ms: Mapped[int]
    started_at: Mapped[datetime]
    confidence: Mapped[float] = mapped_column(default=-1.0)
    engine: Mapped[str] = mapped_column(Words(128), default="")


class SecondPass(Base):
    """A call whose recording is to be heard again, was (``done``), or cannot be (``failed``).

    ``reason``: why it failed. ``ended_at``: when it was done or given up.
    """

    __tablename__ = "second_passes"
    __table_args__ = (CheckConstraint("state IN ('waiting', 'done', 'failed')", name="state"),)

    call_id: Mapped[str] = mapped_column(Words(64), primary_key=True)
    state: Mapped[str] = mapped_column(Words(16), default="waiting", index=True)
    planned_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    engine: Mapped[str] = mapped_column(Words(128), default="")
    reason: Mapped[str] = mapped_column(Prose(), default="")


class SecondTurn(Base):
    """A turn as the second pass heard it; the live one stays in :class:`TranscriptTurn`.

    ``start_ms`` and ``end_ms`` count from the beginning of the recording.
    """

    __tablename__ = "second_turns"

    call_id: Mapped[str] = mapped_column(Words(64), primary_key=True)
    turn: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    speaker: Mapped[str] = mapped_column(Words(16))
    text: Mapped[str] = mapped_column(Prose())
    readable: Mapped[str] = mapped_column(Prose())
    start_ms: Mapped[int]
    end_ms: Mapped[int]
    started_at: Mapped[datetime]
    confidence: Mapped[float] = mapped_column(default=-1.0)
    engine: Mapped[str] = mapped_column(Words(128), default="")


class Ticket(Base):
    """A citizen's matter. ``fields``: name -> {value, evidence, confidence, touched_by}."""

    __tablename__ = "tickets"
    __table_args__ = (
        CheckConstraint(
            "status IN ('draft', 'submitted', 'dispatched', 'handling', 'answered', 'closed')",
            name="status",
        ),
        Index(None, "caller", "created_at"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    number: Mapped[str] = mapped_column(Words(20), unique=True)
    call_id: Mapped[str | None] = mapped_column(Words(64), unique=True)
    line: Mapped[str] = mapped_column(Words(32), default="")
    dialled: Mapped[str] = mapped_column(Words(64), default="")
    caller: Mapped[str] = mapped_column(Words(64), default="")
    agent: Mapped[str] = mapped_column(Words(64), default="", index=True)
    status: Mapped[str] = mapped_column(Words(16), default="draft", index=True)
    fields: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # Turns as they stood when the ticket was last filled: {who, turn, text, start_ms, end_ms}.
    transcript: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    call_arrived_at: Mapped[datetime | None]
    call_answered_at: Mapped[datetime | None]
    call_ended_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class RecordingRow(Base):
    """Where a call's recording lies in the archive. ``path`` is relative to the archive's root.

    ``call_id`` of a consultation is the call's with ``-consult<time>`` behind it.
    """

    __tablename__ = "recordings"

    call_id: Mapped[str] = mapped_column(Words(64), primary_key=True)
    sha256: Mapped[str] = mapped_column(Words(64), index=True)
    path: Mapped[str] = mapped_column(Words(512))
    duration_ms: Mapped[int]
    size: Mapped[int] = mapped_column(BigInteger)
    retain_until: Mapped[datetime]
    sealed_at: Mapped[datetime]


class ListedCaller(Base):
    """A caller's number on a list.

    ``blocked`` (with an end, always), ``priority`` or ``no_survey`` (not rung for the survey).
    ``number`` is in the form of ``callers.caller_number``; ``priority`` is added to the line's.
    An entry is in force from its making until it ends or is removed.
    """

    __tablename__ = "listed_callers"
    __table_args__ = (
        CheckConstraint("list IN ('blocked', 'priority', 'no_survey')", name="list"),
        CheckConstraint("list <> 'blocked' OR until IS NOT NULL", name="block_ends"),
        # one entry a number that was not removed
        Index(
            "uq_listed_callers_list_number",
            "list",
            "number",
            unique=True,
            sqlite_where=text("removed_at IS NULL"),
            postgresql_where=text("removed_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    list: Mapped[str] = mapped_column(Words(16))
    number: Mapped[str] = mapped_column(Words(64))
    reason: Mapped[str] = mapped_column(Prose())
    priority: Mapped[int] = mapped_column(default=0)
    until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(Words(64))
    removed_at: Mapped[datetime | None] = mapped_column(index=True)
    removed_by: Mapped[str] = mapped_column(Words(64), default="")


class MissedCall(Base):
    """A number that asked for a person in vain, until somebody has spoken with it.

    ``waiting_since``: when its first missed call was queued; the order of calling back. ``call_id``
    is the newest missed call's, ``calls`` their count. ``requested``: the caller asked for it.
    """

    __tablename__ = "missed_calls"
    __table_args__ = (
        # one open entry a number
        Index(
            "uq_missed_calls_open_caller",
            "caller",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
        Index(None, "caller", "last_at"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    caller: Mapped[str] = mapped_column(Words(64))
    line: Mapped[str] = mapped_column(Words(32), default="")
    call_id: Mapped[str] = mapped_column(Words(64), index=True)
    calls: Mapped[int] = mapped_column(default=1)
    requested: Mapped[bool] = mapped_column(default=False)
    waiting_since: Mapped[datetime]
    last_at: Mapped[datetime]
    closed_at: Mapped[datetime | None] = mapped_column(index=True)
    closed_by: Mapped[str] = mapped_column(Words(64), default="")
    result: Mapped[str] = mapped_column(Words(16), default="")
    note: Mapped[str] = mapped_column(Prose(), default="")


class KnowledgeEntry(Base):
    """What agents may tell callers. ``category`` "": any; both days are included."""

    __tablename__ = "knowledge"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    title: Mapped[str] = mapped_column(Words(200))
    text: Mapped[str] = mapped_column(Prose())
    keywords: Mapped[list[str]] = mapped_column(Json, default=list)
    category: Mapped[str] = mapped_column(Words(64), default="")
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_until: Mapped[date | None] = mapped_column(Date)
    updated_by: Mapped[str] = mapped_column(Words(64), default="")
    updated_at: Mapped[datetime]


class Survey(Base):
    """How a citizen rated a call: ``score`` 1 to 5, 5 the best."""

    __tablename__ = "surveys"
    __table_args__ = (CheckConstraint("score BETWEEN 1 AND 5", name="score"),)

    call_id: Mapped[str] = mapped_column(Words(64), primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    line: Mapped[str] = mapped_column(Words(32), default="")
    agent: Mapped[str] = mapped_column(Words(64), default="", index=True)
    score: Mapped[int]
    solved: Mapped[bool | None]
    # same_call, or call_back: then answered_in is the survey call's id.
    way: Mapped[str] = mapped_column(Words(16), default="same_call")
    answered_in: Mapped[str] = mapped_column(Words(64), default="")


class SurveyCall(Base):
    """A citizen who is to be rung, is being rung or was rung to rate the call ``about``.

    ``citizen``: the number in the form of ``callers.caller_number``; ``number``: as it is dialled.
    ``queue``: where the rated call waited. ``next_at``: the next attempt; None: it goes on
    (``result`` ""), or all is over. ``call_id``, ``asked_at`` and ``ended_at`` are of the latest
    attempt, ``result`` an :class:`agent_gateway.survey.Outcome`. ``trunk``: by which the next
    attempt goes, from 1.
    """

    __tablename__ = "survey_calls"

    about: Mapped[str] = mapped_column(Words(64), primary_key=True)
    citizen: Mapped[str] = mapped_column(Words(64), index=True)
    number: Mapped[str] = mapped_column(Words(24))
    line: Mapped[str] = mapped_column(Words(32), default="")
    agent: Mapped[str] = mapped_column(Words(64), default="")
    queue: Mapped[str] = mapped_column(Words(64), default="")
    chosen_at: Mapped[datetime] = mapped_column(index=True)
    next_at: Mapped[datetime | None] = mapped_column(index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    trunk: Mapped[int] = mapped_column(default=1)
    call_id: Mapped[str] = mapped_column(Words(64), default="", index=True)
    asked_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    result: Mapped[str] = mapped_column(Words(16), default="", index=True)


class Callback(Base):
    """A call to a citizen that was asked for.

    ``kind``: agent (an agent pressed the key) or queue (the caller asked for it while waiting).
    ``citizen``: the number as it called us; ``number``: as it is dialled. ``result``: "" while it
    goes on, else a :class:`agent_gateway.callbacks.Result`.
    """

    __tablename__ = "callbacks"

    call_id: Mapped[str] = mapped_column(Words(64), primary_key=True)
    kind: Mapped[str] = mapped_column(Words(16))
    citizen: Mapped[str] = mapped_column(Words(64), index=True)
    number: Mapped[str] = mapped_column(Words(24))
    line: Mapped[str] = mapped_column(Words(32), default="")
    agent: Mapped[str] = mapped_column(Words(64), index=True)
    missed_id: Mapped[int | None] = mapped_column(index=True)
    ticket: Mapped[str] = mapped_column(Words(20), default="")
    asked_by: Mapped[str] = mapped_column(Words(64))
    asked_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None] = mapped_column(index=True)
    result: Mapped[str] = mapped_column(Words(16), default="")
    note: Mapped[str] = mapped_column(Prose(), default="")
