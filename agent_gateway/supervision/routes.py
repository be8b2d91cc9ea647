"""GET /api/figures; POST /api/agents/{extension}/supervision, …/state; DELETE /api/supervision."""

from __future__ import annotations

from typing import Any, Literal, Self

from aiohttp import web
from pydantic import BaseModel, Field

from agent_gateway.agents.commands import AgentStateView, WantedState, change_state
from agent_gateway.http.errors import ApiError, no_telephony, refused
from agent_gateway.http.route import LEADERS, AnyRoute, Exchange, Nothing, Route, Strict
from agent_gateway.supervision.views import Figures
from telephony.events import AgentState, SupervisionMode
from telephony.supervision import Supervision, SupervisionDesk, SupervisionError


class SupervisionRequest(Strict):
    """Hear both (listen), and speak to the agent (whisper) or to both (barge)."""

    mode: Literal["listen", "whisper", "barge"]


class SupervisionView(BaseModel):
    """A supervisor in a call; ``state``: ringing (the supervisor's telephone) or the mode."""

    supervisor: str
    agent: str
    call_id: str
    state: str

    @classmethod
    def of(cls, one: Supervision) -> Self:
        """From the desk's."""
        spying = one.spying
        return cls(
            supervisor=spying.supervisor,
            agent=spying.agent,
            call_id=spying.call_id,
            state=one.state,
        )


class OrderedState(Strict):
    """What the agent is to be; ``reason`` is for breaks."""

    state: WantedState
    reason: str = Field("", max_length=32)


async def supervise(exchange: Exchange[Nothing, SupervisionRequest]) -> SupervisionView:
    """Ring the supervisor's own telephone and take part in the agent's call."""
    desk, agent, who = _desk(exchange), exchange.path("extension")[:16], exchange.user
    mode = SupervisionMode(exchange.body.mode)
    now = exchange.context.desk.snapshot(agent)
    call_id = now.call_id if now.state is AgentState.TALKING else ""
    # nobody hears a call that is not in the audit trail
    await exchange.audit(f"supervision.{mode.value}", agent, detail=call_id)
    try:
        return SupervisionView.of(
            await desk.start(who.extension, agent, call_id, mode, by=who.username)
        )
    except SupervisionError as error:
        raise refused(409, "supervision_refused", error) from error


async def leave(exchange: Exchange[Nothing, Nothing]) -> web.Response:
    """Leave the call."""
    desk, who = _desk(exchange), exchange.user
    try:
        await desk.end(who.extension)
    except SupervisionError as error:
        raise refused(409, "supervision_refused", error) from error
    await exchange.audit("supervision.leave")
    return web.Response(status=204)


async def order_state(exchange: Exchange[Nothing, OrderedState]) -> AgentStateView:
    """Log an agent out, or order a break or its end; a call in progress is finished first."""
    context, body, agent = exchange.context, exchange.body, exchange.path("extension")[:16]
    if body.state == "ready" and context.desk.snapshot(agent).state is AgentState.LOGGED_OUT:
        raise ApiError(
            409, "logged_out", "该坐席未登录，只能由本人登录", "only the agent can log in"
        )
    await exchange.audit(f"agent.{body.state}", agent, detail=body.reason)
    return await change_state(
        context.desk, agent, body.state, body.reason, context.settings.agents.break_reasons
    )


async def figures(exchange: Exchange[Nothing, Nothing]) -> Figures:
    """Queues, lines and agents now, and their figures of today."""
    teller = exchange.context.figures
    if teller is None:
        raise no_telephony()
    return await teller.figures()


def _desk(exchange: Exchange[Any, Any]) -> SupervisionDesk:
    desk = exchange.context.supervision
    if desk is None:
        raise no_telephony()
    return desk


ROUTES: tuple[AnyRoute, ...] = (
    Route(
        "GET",
        "/api/figures",
        figures,
        "Figures of queues, lines and agents: now and today",
        "supervision",
        Nothing,
        Nothing,
        Figures,
        roles=LEADERS,
    ),
    Route(
        "POST",
        "/api/agents/{extension}/supervision",
        supervise,
        "Listen to an agent's call, whisper to the agent, or barge in; again: change the way",
        "supervision",
        Nothing,
        SupervisionRequest,
        SupervisionView,
        roles=LEADERS,
    ),
    Route(
        "DELETE",
        "/api/supervision",
        leave,
        "Leave the call that is supervised",
        "supervision",
        Nothing,
        Nothing,
        status=204,
        roles=LEADERS,
    ),
    Route(
        "POST",
        "/api/agents/{extension}/state",
        order_state,
        "Log an agent out, or order a break or its end; a call is finished first",
        "supervision",
        Nothing,
        OrderedState,
        AgentStateView,
        roles=LEADERS,
    ),
)
