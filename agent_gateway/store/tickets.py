"""Tickets: numbering, drafts, and edits in which a person always wins over the machine."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from agent_gateway.store.engine import Engine
from agent_gateway.store.models import Call, Ticket
from agent_gateway.store.types import storable

OPEN = ("draft", "submitted", "dispatched", "handling")
_NUMBERING_TRIES = 5


@dataclass(frozen=True, slots=True)
class TicketFilter:
    """Which tickets: empty means any."""

    status: str = ""
    line: str = ""
    agent: str = ""
    caller: str = ""
    call_id: str = ""


class Tickets:
    """The tickets."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def get(self, number: str) -> Ticket | None:
        """By its number."""
        async with self._engine.read() as session:
            return await session.scalar(select(Ticket).where(Ticket.number == number))

    async def of_call(self, call_id: str) -> Ticket | None:
        """The ticket of a call."""
        async with self._engine.read() as session:
            return await session.scalar(select(Ticket).where(Ticket.call_id == call_id))

    async def latest_of(self, callers: Collection[str]) -> Ticket | None:
        """The newest ticket that was opened from any of these numbers."""
        query = select(Ticket).where(Ticket.caller.in_(callers)).order_by(Ticket.id.desc()).limit(1)
        async with self._engine.read() as session:
            return await session.scalar(query)

    async def open_of(self, caller: str, *, limit: int = 10) -> Sequence[Ticket]:
        """Unfinished tickets of a caller's number, newest first."""
        query = (
            select(Ticket)
            .where(Ticket.caller == caller, Ticket.status.in_(OPEN))
            .order_by(Ticket.created_at.desc())
            .limit(limit)
        )
        async with self._engine.read() as session:
            return (await session.scalars(query)).all()

    async def alike(
        self,
        *,
        caller: str,
        fields: Mapping[str, str],
        since: datetime,
        besides: str,
        limit: int = 300,
    ) -> Sequence[Ticket]:
        """Unfinished tickets since then of the caller's number, or with one of these fields.

        The newest first.

        Args:
            caller: "" for nobody's.
            fields: field → its value; "" for any.
            since: when they were made at the earliest.
            besides: the call whose own ticket is left out.
            limit: how many at most.
        """
        same = [
            Ticket.fields[name]["value"].as_string() == storable(value)
            for name, value in fields.items()
            if value
        ]
        if caller:
            same.append(Ticket.caller == caller)
        if not same:
            return []
        query = (
            select(Ticket)
            .where(Ticket.status.in_(OPEN), Ticket.created_at >= since, or_(*same))
            .where(or_(Ticket.call_id.is_(None), Ticket.call_id != besides))
            .order_by(Ticket.id.desc())
            .limit(limit)
        )
        async with self._engine.read() as session:
            return (await session.scalars(query)).all()

    async def page(
        self, wanted: TicketFilter, *, limit: int, offset: int
    ) -> tuple[Sequence[Ticket], int]:
        """The newest first, and how many there are in all."""
        conditions: list[ColumnElement[bool]] = [
            getattr(Ticket, name) == value
            for name in ("status", "line", "agent", "caller", "call_id")
            if (value := getattr(wanted, name))
        ]
        query = select(Ticket).where(*conditions).order_by(Ticket.id.desc())
        count = select(func.count()).select_from(Ticket).where(*conditions)
        async with self._engine.read() as session:
            rows = (await session.scalars(query.limit(limit).offset(offset))).all()
            return rows, (await session.scalar(count)) or 0

    async def fill(
        self,
        call: Call,
        *,
        day: date,
        guesses: Mapping[str, Mapping[str, Any]],
        transcript: Sequence[Mapping[str, Any]],
    ) -> tuple[Ticket, bool]:
        """Make the call's draft, or renew the machine's part of it.

        Fields that a person touched, and tickets that are no longer drafts, stay as they are.

        Args:
            call: whose ticket.
            day: the local day whose numbers are used for a new ticket.
            guesses: field -> {value, evidence, confidence}.
            transcript: turns as {who, turn, text, start_ms, end_ms}.

        Returns:
            The ticket, and whether it is new.
        """
        return await self._change_of_call(
            call, day, lambda ticket: _guess(ticket, call, guesses, transcript)
        )

    async def edit_of_call(
        self, call: Call, *, day: date, values: Mapping[str, Any], by: str
    ) -> tuple[Ticket, bool]:
        """A person's entries while the call is going on; makes the draft when there is none.

        Raises:
            ValueError: the ticket is no longer a draft.
        """
        return await self._change_of_call(call, day, lambda ticket: _touch(ticket, values, by))

    async def edit(self, number: str, values: Mapping[str, Any], by: str) -> Ticket | None:
        """A person's entries; None if there is no such ticket.

        Raises:
            ValueError: the ticket is no longer a draft.
        """
        async with self._engine.write() as session:
            ticket = await session.scalar(select(Ticket).where(Ticket.number == number))
            if ticket is not None:
                _touch(ticket, values, by)
            return ticket

    async def submit(self, number: str) -> Ticket | None:
        """End the draft; None if there is no such ticket.

        Raises:
            ValueError: it is no draft any more.
        """
        async with self._engine.write() as session:
            ticket = await session.scalar(select(Ticket).where(Ticket.number == number))
            if ticket is not None:
                _must_be_draft(ticket)
                ticket.status = "submitted"
                ticket.updated_at = datetime.now(UTC)
            return ticket

    async def _change_of_call(self, call: Call, day: date, change: Any) -> tuple[Ticket, bool]:
        for attempt in range(_NUMBERING_TRIES):
            try:
                async with self._engine.write() as session:
                    ticket = await session.scalar(select(Ticket).where(Ticket.call_id == call.id))
                    new = ticket is None
                    if ticket is None:
                        ticket = await _new_ticket(session, call, day)
                        session.add(ticket)
                    change(ticket)
                    return ticket, new
            except IntegrityError:
                # Another process took the number or made this call's ticket a moment ago.
                if attempt == _NUMBERING_TRIES - 1:
                    raise
        raise AssertionError("unreachable")


async def _new_ticket(session: AsyncSession, call: Call, day: date) -> Ticket:
    prefix = f"{day:%Y%m%d}"
    query = select(func.max(Ticket.number)).where(Ticket.number.like(prefix + "______"))
    last = await session.scalar(query)
    count = int(last[len(prefix) :]) if last else 0
    now = datetime.now(UTC)
    return Ticket(
        number=f"{prefix}{count + 1:06d}",
        call_id=call.id,
        status="draft",
        line=call.line,
        dialled=call.dialled,
        caller=call.caller,
        agent=call.agent,
        fields={},
        transcript=[],
        created_at=now,
        updated_at=now,
    )


def _guess(
    ticket: Ticket,
    call: Call,
    guesses: Mapping[str, Mapping[str, Any]],
    transcript: Sequence[Mapping[str, Any]],
) -> None:
    if ticket.status != "draft":
        return
    ticket.line, ticket.dialled, ticket.caller = call.line, call.dialled, call.caller
    ticket.agent = call.agent or ticket.agent
    ticket.call_arrived_at, ticket.call_answered_at = call.arrived_at, call.answered_at
    ticket.call_ended_at = call.ended_at
    touched = {name: one for name, one in ticket.fields.items() if one.get("touched_by")}
    guessed = {name: _renewed(ticket.fields.get(name, {}), one) for name, one in guesses.items()}
    ticket.fields = guessed | touched
    ticket.transcript = [dict(turn) for turn in transcript]
    ticket.updated_at = datetime.now(UTC)


def _renewed(old: Mapping[str, Any], guess: Mapping[str, Any]) -> dict[str, Any]:
    """The machine's field; ``previous`` is the value that it had given before, if another one."""
    field = {
        "value": storable(guess.get("value")),
        "evidence": storable(guess.get("evidence")),
        "confidence": guess.get("confidence"),
        "touched_by": None,
    }
    if old.get("value") not in (None, "", field["value"]):
        field["previous"] = old["value"]
    if "source" in guess:
        field["source"] = guess["source"]
    return field


def _touch(ticket: Ticket, values: Mapping[str, Any], by: str) -> None:
    _must_be_draft(ticket)
    fields = dict(ticket.fields)
    for name, value in values.items():
        old = fields.get(name, {})
        fields[name] = {
            "value": storable(value),
            "evidence": old.get("evidence"),
            "confidence": old.get("confidence"),
            "touched_by": by,
        }
    ticket.fields = fields
    ticket.updated_at = datetime.now(UTC)


def _must_be_draft(ticket: Ticket) -> None:
    if ticket.status != "draft":
        raise ValueError(f"ticket {ticket.number} is {ticket.status}; only a draft can be changed")
