"""Calls to citizens, put together."""

from __future__ import annotations

from collections.abc import Callable

from agent_gateway.callbacks import CallbackDesk
from agent_gateway.callbacks.turns import CallbackTurns
from agent_gateway.service.live_calls import live_call_ids
from agent_gateway.store import MissedCall, Store
from config.calendar import CityClock
from config.settings import Settings
from telephony.agents import AgentDesk
from telephony.agents.seats import Levels
from telephony.calls import CallFeed
from telephony.events import EventBus
from telephony.outbound import Dialler
from telephony.transfers import OutboundPolicy


def callback_desk(
    settings: Settings,
    store: Store,
    feed: CallFeed,
    desk: AgentDesk,
    policy: Callable[[], OutboundPolicy],
    missed_changed: Callable[[MissedCall], object],
    main_line: str,
) -> CallbackDesk:
    """The desk, with the real telephones."""

    def live(call_id: str) -> bool:
        known = live_call_ids(feed)
        return known is None or call_id in known

    return CallbackDesk(
        store,
        Dialler(feed.link, ring_s=settings.agents.ring_seconds),
        settings.outbound,
        policy,
        agent=desk.snapshot,
        live=live,
        missed_changed=missed_changed,
        main_line=main_line,
    )


async def callback_turns(
    settings: Settings,
    store: Store,
    bus: EventBus,
    feed: CallFeed,
    desk: AgentDesk,
    callbacks: CallbackDesk,
    queues: Levels,
    clock: CityClock,
) -> None:
    """Dial for waiting callers' requests until the task is cancelled, if that is wanted."""
    if not (settings.callback.automatic and settings.outbound.trunks):
        return
    await CallbackTurns(
        store,
        bus,
        callbacks,
        settings.callback,
        agents=desk.snapshots,
        queues=queues,
        live=lambda: feed.book.calls,
        clock=clock,
    ).run()
