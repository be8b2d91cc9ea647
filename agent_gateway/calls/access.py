"""Who may see a call."""

from __future__ import annotations

from typing import Any

from agent_gateway.http.errors import forbidden, not_found
from agent_gateway.http.route import Exchange
from agent_gateway.store import Call

_LONGEST_ID = 64


async def visible_call(exchange: Exchange[Any, Any], action: str) -> Call:
    """The call in the path, after the audit entry ``action`` for it.

    Agents see the calls which they answered; supervisors and administrators see all.

    Raises:
        ApiError: 404, or 403.
        SQLAlchemyError: the store does not answer.
    """
    call_id = exchange.path("call_id")
    store, who = exchange.context.store, exchange.user
    call = await store.calls.get(call_id) if len(call_id) <= _LONGEST_ID else None
    if call is None:
        raise not_found("通话", "call")
    if not who.sees_all:
        mine = who.extension and who.extension in await store.calls.agents(call_id)
        if not mine:
            await exchange.audit(f"{action}.refused", call_id)
            raise forbidden()
    await exchange.context.views.look(who, action, call_id, exchange.ip)
    return call
