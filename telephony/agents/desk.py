"""Who sits at which seat, and in which state.

Asterisk distributes the calls; the desk tells it who may be rung (add, remove, pause), and folds
the call events into each agent's state. When the service is away the seats stay as they are, so
calls go on being distributed; when it is back, the desk reads the seats and goes on from them.
"""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime

import structlog

from telephony.agents.agent import AGENT_ENDPOINT, Agent, AgentError, AgentSnapshot
from telephony.agents.seats import Seat, Seats
from telephony.agents.states import Trigger, next_state
from telephony.background import Tasks
from telephony.events import (
    AGENT_LEFT_STEP,
    AGENT_LOST_STEP,
    AgentState,
    AgentStateChanged,
    CallAnswered,
    CallEnded,
    CallOffered,
    Event,
    EventBus,
    IvrStep,
    LinkState,
    LinkStateChanged,
    OfferEnded,
    OfferOutcome,
    PartyJoined,
    PartyLeft,
)
from telephony.obeying import obeyed, quietly

log = structlog.get_logger(__name__)

WRAP_UP = "wrap-up"
MISSED = "missed"
_MISSES = {
    OfferOutcome.NO_ANSWER,
    OfferOutcome.BUSY,
    OfferOutcome.REFUSED,
    OfferOutcome.UNAVAILABLE,
}


class AgentDesk:
    """All agents' states, and the commands they give."""

    def __init__(
        self,
        bus: EventBus,
        seats: Seats,
        *,
        wrap_up_seconds: int,
        missed_calls_before_break: int,
        move_seconds: float = 1.0,
    ) -> None:
        """Nobody is known before the first event or command.

        Args:
            bus: events come from and go to it.
            seats: the agents' places in the queues.
            wrap_up_seconds: after each call.
            missed_calls_before_break: in a row.
            move_seconds: an agent who left a conversation and is in another one of the same call
                after at most this time was moved (transfers do that).
        """
        self._bus = bus
        self._seats = seats
        self._wrap_up_seconds = wrap_up_seconds
        self._missed_limit = missed_calls_before_break
        self._move_seconds = move_seconds
        self._agents: dict[str, Agent] = {}
        self._tasks = Tasks("agents")

    def snapshot(self, extension: str) -> AgentSnapshot:
        """The agent's state now (logged out when never seen)."""
        return (self._agents.get(extension) or Agent(extension)).snapshot()

    def snapshots(self) -> list[AgentSnapshot]:
        """All agents that were seen since the start."""
        return [self.snapshot(extension) for extension in sorted(self._agents)]

    # ---- commands ---------------------------------------------------------------------------

    async def login(self, extension: str) -> AgentSnapshot:
        """Take a seat in the queues.

        Raises:
            AgentError: Asterisk is away or refused.
        """
        agent = self._agent(extension)
        if agent.state in (AgentState.RINGING, AgentState.TALKING, AgentState.WRAP_UP):
            agent.afterwards = None
            return self.snapshot(extension)
        await obeyed(self._seats.add(agent.interface), AgentError)
        await self._refresh_reachable(agent)
        agent.missed = 0
        self._move(agent, Trigger.LOGIN)
        return self.snapshot(extension)

    async def logout(self, extension: str) -> AgentSnapshot:
        """Leave the queues; a call in progress is not touched.

        Raises:
            AgentError: Asterisk is away or refused.
        """
        agent = self._agent(extension)
        await obeyed(self._seats.remove(agent.interface), AgentError)
        self._now_or_afterwards(agent, Trigger.LOGOUT, AgentState.LOGGED_OUT, "")
        return self.snapshot(extension)

    async def ready(self, extension: str) -> AgentSnapshot:
        """End a break or the wrap-up; the queues are those of the agent's skills today.

        Raises:
            AgentError: not logged in, or Asterisk is away or refused.
        """
        agent = self._agent(extension)
        if agent.state is AgentState.LOGGED_OUT:
            return await self.login(extension)
        agent.afterwards = None
        agent.missed = 0
        if agent.state not in (AgentState.TALKING, AgentState.RINGING):
            await obeyed(self._seats.add(agent.interface), AgentError)
            await self._refresh_reachable(agent)
            self._move(agent, Trigger.READY)
        return self.snapshot(extension)

    async def take_break(self, extension: str, reason: str) -> AgentSnapshot:
        """No more calls until ``ready``; a call in progress is finished first.

        Raises:
            AgentError: not logged in, or Asterisk is away or refused.
        """
        agent = self._agent(extension)
        if agent.state is AgentState.LOGGED_OUT:
            raise AgentError("请先登录坐席 / log in to the queue first")
        await obeyed(self._seats.pause(agent.interface, reason=reason), AgentError)
        self._now_or_afterwards(agent, Trigger.BREAK, AgentState.BREAK, reason)
        return self.snapshot(extension)

    async def reseat(self, extension: str) -> None:
        """Sit in the queues of the agent's skills as they are now; nothing for who is logged out.

        Raises:
            AgentError: Asterisk is away or refused.
        """
        await obeyed(self._seats.reseat(self._agent(extension).interface), AgentError)

    # ---- events -----------------------------------------------------------------------------

    async def run(self) -> None:
        """Follow the bus until it closes or the task is cancelled."""
        try:
            with self._bus.subscribe("agents") as events:
                async for event in events:
                    self.apply(event)
        finally:
            for agent in self._agents.values():
                agent.stop_timer()
                if agent.leaving is not None:
                    agent.leaving.cancel()
            await self._tasks.stop()

    def apply(self, event: Event) -> None:
        """Fold one event into the agents' states."""
        match event:
            case LinkStateChanged(state=LinkState.UP):
                self._tasks.start(self._rebuild())
            case CallOffered(endpoint=endpoint) if agent := self._by_endpoint(endpoint):
                if agent.state in (AgentState.BREAK, AgentState.LOGGED_OUT):
                    # picked in the moment of leaving, or called without a queue
                    agent.afterwards, agent.afterwards_reason = agent.state, agent.reason
                agent.call_id = event.call_id
                self._move(agent, Trigger.OFFERED)
            case OfferEnded(endpoint=endpoint, outcome=outcome) if (
                agent := self._by_endpoint(endpoint)
            ) and outcome is not OfferOutcome.ANSWERED:
                self._offer_ended(agent, outcome)
            case CallAnswered(endpoint=endpoint) if agent := self._by_endpoint(endpoint):
                agent.missed = 0
                agent.call_id = event.call_id
                self._move(agent, Trigger.ANSWERED)
            case PartyLeft(endpoint=endpoint) if agent := self._by_endpoint(endpoint):
                self._left(agent, event.call_id)
            case PartyJoined(endpoint=endpoint) if agent := self._by_endpoint(endpoint):
                if agent.leaving is not None and agent.call_id == event.call_id:
                    agent.leaving.cancel()
                    agent.leaving = None
            case IvrStep(step=step) if step == AGENT_LEFT_STEP:
                for agent in list(self._agents.values()):
                    self._call_over(agent, event.call_id)
            case IvrStep(step=step) if step == AGENT_LOST_STEP:
                for agent in list(self._agents.values()):
                    self._call_lost(agent, event.call_id)
            case CallEnded():
                for agent in list(self._agents.values()):
                    if agent.call_id == event.call_id:
                        if agent.state is AgentState.RINGING:
                            self._offer_ended(agent, OfferOutcome.CANCELLED)
                        self._call_over(agent, event.call_id)
            case _:
                pass

    def _offer_ended(self, agent: Agent, outcome: OfferOutcome) -> None:
        if agent.state is not AgentState.RINGING:
            return
        agent.call_id = ""
        if self._settle_afterwards(agent):
            return
        if outcome in _MISSES:
            agent.missed += 1
            if agent.missed >= self._missed_limit:
                self._move(agent, Trigger.MISSED_TOO_OFTEN, MISSED)
                self._tasks.start(quietly(self._seats.pause(agent.interface, reason=MISSED)))
                return
        self._move(agent, Trigger.OFFER_ENDED)

    def _left(self, agent: Agent, call_id: str) -> None:
        """The call is over for the agent, unless the agent was only moved into another room."""
        if agent.state is AgentState.TALKING and agent.call_id == call_id and not agent.leaving:
            agent.leaving = asyncio.get_running_loop().call_later(
                self._move_seconds, self._call_over, agent, call_id
            )

    def _call_over(self, agent: Agent, call_id: str) -> None:
        if agent.leaving is not None:
            agent.leaving.cancel()
            agent.leaving = None
        if agent.state is not AgentState.TALKING or agent.call_id != call_id:
            return
        if self._settle_afterwards(agent):
            return
        self._move(agent, Trigger.CALL_OVER)
        if self._wrap_up_seconds == 0:
            self._wrap_up_over(agent)
            return
        self._tasks.start(quietly(self._seats.pause(agent.interface, reason=WRAP_UP)))
        agent.timer = asyncio.get_running_loop().call_later(
            self._wrap_up_seconds, self._wrap_up_over, agent
        )

    def _call_lost(self, agent: Agent, call_id: str) -> None:
        """Nothing was finished that could be wrapped up: who is back may have the caller back."""
        if agent.leaving is not None and agent.call_id == call_id:
            agent.leaving.cancel()
            agent.leaving = None
            if not self._settle_afterwards(agent):
                self._move(agent, Trigger.CALL_OVER)
                self._wrap_up_over(agent)

    def _wrap_up_over(self, agent: Agent) -> None:
        if agent.state is AgentState.WRAP_UP:
            self._tasks.start(quietly(self._seats.unpause(agent.interface)))
            self._move(agent, Trigger.WRAP_UP_OVER)

    def _settle_afterwards(self, agent: Agent) -> bool:
        """Carry out what was asked for during the call; False when nothing was."""
        if agent.afterwards is None:
            return False
        state, reason = agent.afterwards, agent.afterwards_reason
        agent.afterwards = None
        agent.call_id = ""
        self._set(agent, state, reason)
        return True

    def _now_or_afterwards(
        self, agent: Agent, trigger: Trigger, state: AgentState, reason: str
    ) -> None:
        if agent.state in (AgentState.RINGING, AgentState.TALKING):
            agent.afterwards, agent.afterwards_reason = state, reason
        else:
            self._move(agent, trigger, reason)

    # ---- state ------------------------------------------------------------------------------

    def _agent(self, extension: str) -> Agent:
        return self._agents.setdefault(extension, Agent(extension))

    def _by_endpoint(self, endpoint: str) -> Agent | None:
        if not endpoint.startswith(AGENT_ENDPOINT):
            return None
        return self._agent(endpoint.removeprefix(AGENT_ENDPOINT))

    def _move(self, agent: Agent, trigger: Trigger, reason: str = "") -> None:
        state = next_state(agent.state, trigger)
        if state is not None:
            self._set(agent, state, reason)

    def _set(self, agent: Agent, state: AgentState, reason: str) -> None:
        agent.stop_timer()
        if (state, reason) == (agent.state, agent.reason) and state is not AgentState.RINGING:
            return
        agent.state, agent.reason, agent.since = state, reason, datetime.now(UTC)
        if state in (AgentState.READY, AgentState.BREAK, AgentState.LOGGED_OUT):
            agent.call_id = ""
        self._bus.publish(
            AgentStateChanged(
                at=agent.since,
                agent=agent.extension,
                state=state,
                reason=reason,
                call_id=agent.call_id,
            )
        )

    async def _rebuild(self) -> None:
        """After a restart of either side: the seats in Asterisk are the truth."""
        try:
            seats = await self._seats.members()
        except OSError as error:
            log.warning("agent.seats_unknown", reason=str(error))
            return
        for interface, seat in seats.items():
            if (agent := self._by_endpoint(interface)) is not None:
                await self._adopt(agent, seat)
        for agent in list(self._agents.values()):
            idle = agent.state not in (AgentState.RINGING, AgentState.TALKING)
            if agent.interface not in seats and idle:
                self._set(agent, AgentState.LOGGED_OUT, "")

    async def _adopt(self, agent: Agent, seat: Seat) -> None:
        agent.reachable = seat.reachable
        if agent.state in (AgentState.RINGING, AgentState.TALKING):
            return
        if agent.timer is not None:
            # its own wrap-up timer still runs: only the link was away, not the service
            return
        if seat.paused and seat.paused_reason == WRAP_UP:
            # The timer that would have ended this wrap-up died with the service.
            await quietly(self._seats.unpause(agent.interface))
            self._set(agent, AgentState.READY, "")
        elif seat.paused:
            self._set(agent, AgentState.BREAK, seat.paused_reason)
        else:
            self._set(agent, AgentState.READY, "")

    async def _refresh_reachable(self, agent: Agent) -> None:
        with contextlib.suppress(OSError):
            seat = (await self._seats.members()).get(agent.interface)
            agent.reachable = seat is not None and seat.reachable

    # ---- plumbing ---------------------------------------------------------------------------
