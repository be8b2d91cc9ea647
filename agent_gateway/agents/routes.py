"""GET /api/agents, POST /api/agent/state, PUT /api/agents/{extension}/skills."""

from __future__ import annotations

from typing import ClassVar

import structlog
from pydantic import BaseModel, Field

from agent_gateway.agents.commands import AgentStateView, WantedState, change_state
from agent_gateway.auth import AccountError, Accounts
from agent_gateway.http.conflicts import AsRead, Shared
from agent_gateway.http.errors import ApiError, not_found
from agent_gateway.http.route import LEADERS, AnyRoute, Exchange, Nothing, Route, Strict
from telephony.agents import AgentError

log = structlog.get_logger(__name__)


class StateRequest(Strict):
    """What the agent wants to be; ``reason`` is for breaks."""

    state: WantedState
    reason: str = Field("", max_length=32)


class AgentView(AgentStateView):
    """An agent and who it is."""

    username: str
    display_name: str
    skills: dict[str, int]


class SkillsRequest(AsRead):
    """Queue -> level, 1 the best; empty: the calls that everybody takes.

    ``read``: the skills that were seen before.
    """

    of: ClassVar = Shared(
        name="该坐席的技能",
        name_en="the agent's skills",
        read="坐席的 skills",
        read_en="the agent's skills",
    )
    skills: dict[str, int] = Field(max_length=50)
    read: dict[str, int] = Field(max_length=50)


class SkillsView(BaseModel):
    """An agent's skills, and the queues with the level in each that follow from them."""

    extension: str
    skills: dict[str, int]
    queues: dict[str, int]


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
                skills=user.skills,
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


async def set_skills(exchange: Exchange[Nothing, SkillsRequest]) -> SkillsView:
    """Change an agent's skills; an agent at work sits in the new queues at once."""
    context, extension = exchange.context, exchange.path("extension")
    user = await context.store.users.by_extension(extension)
    if user is None:
        raise not_found("坐席", "agent")
    accounts = Accounts(context.store, exchange.user.username, ip=exchange.ip)
    try:
        user = await accounts.set_skills(
            user.username, exchange.body.skills, context.queues.names, exchange.body.read
        )
    except AccountError as error:
        raise ApiError(422, "skills", "技能或等级无效", str(error)) from error
    try:
        await context.desk.reseat(extension)
    except AgentError as error:
        # they are kept, and count as soon as the agent is ready again
        log.warning("agent.not_reseated", extension=extension, reason=str(error)[:200])
    return SkillsView(
        extension=extension, skills=user.skills, queues=context.queues.levels(user.skills)
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
    Route(
        "PUT",
        "/api/agents/{extension}/skills",
        set_skills,
        "Which queues an agent serves, and how well",
        "agents",
        Nothing,
        SkillsRequest,
        SkillsView,
        roles=LEADERS,
    ),
)
