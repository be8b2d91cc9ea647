"""GET /api/agents, POST /api/agent/state."""

from __future__ import annotations

from pydantic import BaseModel, Field

from agent_gateway.agents.commands import AgentStateView, WantedState, change_state
from agent_gateway.http.route import AnyRoute, Exchange, Nothing, Route, Strict


class StateRequest(Strict):
    """What the agent wants to be; ``reason`` is for breaks."""

    state: WantedState
    reason: str = Field("", max_length=32)


class AgentView(AgentStateView):
    """An agent and who it is."""

    username: str
    display_name: str


class AgentList(BaseModel):
    """All active users who have an extension."""

    agents: list[AgentView]


async def list_agents(exchange: Exchange[Nothing, Nothing]) -> AgentList:
    """Who is there, in which state."""
    context = exchange.context
    users = await context.store.users.agents()
    return AgentList(
        agents=[
            AgentView(
                **AgentStateView.of(context.desk.snapshot(user.extension or "")).model_dump(),
                username=user.username,
                display_name=user.display_name,
            )
            for user in users
        ]
    )


async def set_state(exchange: Exchange[Nothing, StateRequest]) -> AgentStateView:
    """Change the own state."""
    return await change_state(
        exchange.context.desk,
        exchange.user.extension,
        exchange.body.state,
        exchange.body.reason,
        exchange.context.settings.agents.break_reasons,
    )


ROUTES: tuple[AnyRoute, ...] = (
    Route("GET", "/api/agents", list_agents, "All agents", "agents", Nothing, Nothing, AgentList),
    Route(
        "POST",
        "/api/agent/state",
        set_state,
        "Be ready, take a break, or log out of the queue",
        "agents",
        Nothing,
        StateRequest,
        AgentStateView,
    ),
)
