"""POST /api/calls/{call_id}/transfer, /merge, /complete, /abort, /emergency; GET /api/directory."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from agent_gateway.auth import Role
from agent_gateway.http.errors import forbidden, no_telephony, refused
from agent_gateway.http.route import AnyRoute, Exchange, Nothing, Route
from agent_gateway.names.routes import queue_names
from agent_gateway.store import PinnedTarget
from agent_gateway.transfers.views import (
    DirectoryEntry,
    DirectoryView,
    EmergencyRequest,
    TransferRequest,
    TransferView,
)
from config.directory import Department
from telephony.events import TransferKind
from telephony.transfers import (
    DialRole,
    TargetError,
    Targets,
    TransferDesk,
    TransferError,
    TransferSnapshot,
    plain_place,
)

log = structlog.get_logger(__name__)


async def directory(exchange: Exchange[Nothing, Nothing]) -> DirectoryView:
    """Where a call can be handed to."""
    _, targets = _parts(exchange)
    users = await exchange.context.store.users.agents()
    everybody = targets.directory
    return DirectoryView(
        departments=[
            _entry(targets, f"department:{item.key}", item)
            for item in everybody.departments
            if item.all_numbers or item.fallback
        ],
        contacts=[
            _entry(targets, f"contact:{item.key}", item)
            for item in everybody.contacts
            if item.all_numbers or item.fallback
        ],
        agents=[
            DirectoryEntry(target=f"agent:{user.extension}", name=user.display_name, kind="agent")
            for user in users
            if user.extension and user.extension != exchange.user.extension
        ],
        queues=[
            DirectoryEntry(target=f"queue:{key}", name=name, kind="queue")
            for key, name in queue_names(targets.queues).items()
        ],
        emergency_lines=list(targets.emergency_lines),
        drills=targets.drills,
    )


def _entry(targets: Targets, target: str, item: Department) -> DirectoryEntry:
    return DirectoryEntry(
        target=target,
        name=item.name,
        kind=item.kind.value,
        numbers=[one.number for one in targets.attempts(item)],
        open=targets.is_open(item),
        note=item.note,
        aliases=list(item.aliases),
    )


async def transfer(exchange: Exchange[Nothing, TransferRequest]) -> TransferView:
    """Begin to hand a call on."""
    desk, targets = _parts(exchange)
    call_id = _own_call(exchange)
    body, who = exchange.body, exchange.user
    role = DialRole.AGENT if who.role is Role.AGENT else DialRole.SUPERVISOR
    agents = [user.extension or "" for user in await exchange.context.store.users.agents()]
    others = [one for one in agents if one != who.extension]
    try:
        pinned = _pinned(exchange, body.target)
        if pinned is None:
            target = targets.find(body.target, role, others)
        else:
            # a supervisor has put it on the desks
            target = targets.find(pinned.target, DialRole.SUPERVISOR, others)
            if pinned.kind == "leader":
                target = replace(target, name=pinned.title)
    except TargetError as error:
        await _audit(exchange, "transfer.refused", call_id, body.target)
        raise refused(403, "target_refused", error) from error
    # nothing is dialled that is not in the audit trail
    await _audit(exchange, f"transfer.{body.kind}", call_id, body.target)
    by = who.extension or who.username
    view = await _done(desk.start(call_id, TransferKind(body.kind), target, by=by))
    if pinned is not None:
        await _count(exchange, pinned, call_id, body.kind, by)
    return view


def _pinned(exchange: Exchange[Any, Any], wish: str) -> PinnedTarget | None:
    """The pinned target that is meant; None when something else is.

    Raises:
        TargetError: it is not on the desks now.
    """
    kind, _, number = wish.partition(":")
    if kind != "pinned":
        return None
    row = exchange.context.pinned.get(number)
    if row is None:
        raise TargetError("该限时目标不在有效时间内 / this target is not pinned now")
    return row


async def _count(
    exchange: Exchange[Any, Any], pinned: PinnedTarget, call_id: str, kind: str, by: str
) -> None:
    try:
        await exchange.context.store.pinned.used(
            pinned.id, call_id=call_id, transfer=kind, by=by, at=datetime.now(UTC)
        )
    except (SQLAlchemyError, OSError) as error:
        # the call's own events say it too
        log.warning("pinned.use_not_counted", call_id=call_id, reason=str(error)[:200])


async def emergency(exchange: Exchange[Nothing, EmergencyRequest]) -> TransferView:
    """An emergency line joins the call at once."""
    desk, targets = _parts(exchange)
    call_id = _own_call(exchange)
    body, who = exchange.body, exchange.user
    try:
        place = plain_place(body.location) if body.location is not None else _drafted(exchange)
        target = targets.emergency(body.line, drill=body.drill, location=place)
    except TargetError as error:
        raise refused(409, "no_emergency_line", error) from error
    view = await _done(desk.emergency(call_id, target, by=who.extension or who.username))
    try:
        what = f"{body.line} drill" if body.drill else body.line
        await _audit(exchange, "transfer.emergency", call_id, what)
    except (SQLAlchemyError, OSError) as error:
        # the call's own events say it too; help must not wait for the database
        log.warning("transfer.not_audited", call_id=call_id, reason=str(error)[:200])
    return view


def _drafted(exchange: Exchange[Any, Any]) -> str:
    """Where the draft ticket, or the machine's guess at it, says that it is."""
    call = exchange.context.live.board.get(exchange.path("call_id"))
    if call is None:
        return ""
    said = []
    for name in ("district", "address"):
        entered = call.ticket.fields.get(name) if call.ticket else None
        guessed = call.prefill.get(name) or {}
        said.append(str((entered.value if entered else None) or guessed.get("value") or ""))
    return plain_place(*said)


def _order(
    name: str, command: Callable[[TransferDesk, str], Awaitable[TransferSnapshot]]
) -> Callable[[Exchange[Nothing, Nothing]], Awaitable[TransferView]]:
    async def handle(exchange: Exchange[Nothing, Nothing]) -> TransferView:
        desk, _ = _parts(exchange)
        call_id = _own_call(exchange)
        await _audit(exchange, f"transfer.{name}", call_id, "")
        return await _done(command(desk, call_id))

    return handle


def _own_call(exchange: Exchange[Any, Any]) -> str:
    """The call in the path, if the person may order something for it.

    Raises:
        ApiError: an agent who is not in this call.
    """
    call_id, who = exchange.path("call_id")[:64], exchange.user
    if not who.sees_all:
        mine = who.extension and exchange.context.desk.snapshot(who.extension).call_id == call_id
        if not mine:
            raise forbidden()
    return call_id


def _parts(exchange: Exchange[Any, Any]) -> tuple[TransferDesk, Targets]:
    desk, targets = exchange.context.transfers, exchange.context.targets
    if desk is None or targets is None:
        raise no_telephony()
    return desk, targets


async def _audit(exchange: Exchange[Any, Any], action: str, call_id: str, detail: str) -> None:
    await exchange.audit(action, f"{call_id} {detail}".strip()[:200])


async def _done(command: Awaitable[TransferSnapshot]) -> TransferView:
    try:
        return TransferView.of(await command)
    except TransferError as error:
        raise refused(409, "transfer_refused", error) from error


def _post(
    path: str, handler: Any, summary: str, body: Any = Nothing, *, urgent: bool = False
) -> AnyRoute:
    return Route(
        "POST",
        f"/api/calls/{{call_id}}/{path}",
        handler,
        summary,
        "transfers",
        Nothing,
        body,
        TransferView,
        urgent=urgent,
    )


ROUTES: tuple[AnyRoute, ...] = (
    Route(
        "GET",
        "/api/directory",
        directory,
        "Departments, agents, queues and emergency lines to which a call can be handed",
        "transfers",
        Nothing,
        Nothing,
        DirectoryView,
    ),
    _post("transfer", transfer, "Hand a call on: blind, consult, three_way", TransferRequest),
    _post(
        "emergency",
        emergency,
        "An emergency line joins the call at once",
        EmergencyRequest,
        urgent=True,
    ),
    _post(
        "merge",
        _order("merge", lambda desk, call: desk.merge(call)),
        "End the consultation by bringing the caller in",
    ),
    _post(
        "complete",
        _order("complete", lambda desk, call: desk.complete(call)),
        "The agent leaves; caller and target go on",
    ),
    _post(
        "abort",
        _order("abort", lambda desk, call: desk.abort(call)),
        "The target leaves; caller and agent go on",
    ),
)
