"""Calls to citizens for the survey, put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from agent_gateway.store import Store
from agent_gateway.survey import SurveyCaller
from agent_gateway.survey.caller import Telephony
from config.calendar import CityClock
from config.settings import Settings
from telephony.ami import actions
from telephony.calls import Call, CallFeed
from telephony.events import EventBus
from telephony.outbound import SurveyDialler


def survey_caller(
    settings: Settings,
    store: Store,
    bus: EventBus,
    feed: CallFeed,
    clock: CityClock,
    queues: Sequence[str],
    citizen: Callable[[str], str],
) -> SurveyCaller:
    """The caller, with the real telephones."""

    def live() -> Mapping[str, Call] | None:
        return feed.book.calls if feed.link.up else None

    async def hang_up(channel: str) -> None:
        await feed.link.action(actions.hangup(channel))

    return SurveyCaller(
        store,
        bus,
        Telephony(SurveyDialler(feed.link, settings.outbound), live, hang_up, queues),
        settings.survey_calls,
        settings.outbound,
        clock,
        citizen,
    )
