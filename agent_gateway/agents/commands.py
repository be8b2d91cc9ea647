"""Changing an agent's own state, for the REST API and the WebSocket alike."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Self

from pydantic import BaseModel

from agent_gateway.agents.desk import Desk
from agent_gateway.http.errors import ApiError, refused
from telephony.agents import AgentError, AgentSnapshot
from telephony.events import AgentState

WantedState = Literal["ready", "break", "logged_out"]


class AgentStateView(BaseModel):
    """An agent now. ``reachable`` is False when the telephone is not registered."""

    extension: str
    state: AgentState
    reason: str
    since: datetime
    call_id: str
    reachable: bool

    @classmethod
    def of(cls, snapshot: AgentSnapshot) -> Self:
        """From the desk's snapshot."""
        return cls.model_validate(snapshot, from_attributes=True)


async def change_state(
    desk: Desk, extension: str, state: WantedState, reason: str, reasons: Sequence[str]
) -> AgentStateView:
    """Carry out an agent's wish.

    Args:
        desk: the agents' desk.
        extension: whose state; "" for a person without a telephone.
        state: the wish.
        reason: of a break; "" takes the first of ``reasons``.
        reasons: what a break may be for.

    Raises:
        ApiError: no telephone, unknown reason, or the desk refuses.
    """
    if not extension:
        raise ApiError(409, "no_extension", "您的账号没有分机号", "your account has no extension")
    reason = reason or reasons[0]
    if state == "break" and reason not in reasons:
        raise ApiError(
            422,
            "unknown_reason",
            f"小休原因必须是：{'、'.join(reasons)}",
            f"the reason of a break must be one of: {', '.join(reasons)}",
        )
    try:
        if state == "ready":
            snapshot = await desk.ready(extension)
        elif state == "break":
            snapshot = await desk.take_break(extension, reason)
        else:
            snapshot = await desk.logout(extension)
    except AgentError as error:
        raise refused(409, "refused", error) from error
    return AgentStateView.of(snapshot)
