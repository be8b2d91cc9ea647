"""Who is asked how satisfied they are, and the agent's key for it."""

from __future__ import annotations

from collections import OrderedDict

import structlog

from telephony.agents import AGENT_ENDPOINT
from telephony.agents.seats import AmiActions
from telephony.ami import actions
from telephony.calls import CallBook, is_outward
from telephony.events import Event, EventBus, TransferChanged, TransferTarget

log = structlog.get_logger(__name__)

REMEMBERED = 2000


class SurveyError(Exception):
    """The caller cannot be sent to the survey; Chinese and English by `` / ``."""


class SurveyDesk:
    """Keeps calls with a transfer, so with an emergency line, out of the survey.

    Args:
        bus: tells of transfers.
        book: the live calls.
        ami: the link.
        enabled: whether there is a survey at all.
        lines_without: lines whose callers are not asked.
    """

    def __init__(
        self,
        bus: EventBus,
        book: CallBook,
        ami: AmiActions,
        *,
        enabled: bool,
        lines_without: tuple[str, ...] = (),
    ) -> None:
        self._bus = bus
        self._book = book
        self._ami = ami
        self._enabled = enabled
        self._lines_without = lines_without
        self._not: OrderedDict[str, None] = OrderedDict()

    def wanted(self, call_id: str) -> bool:
        """Whether the call's caller may be asked."""
        return self._enabled and not is_outward(call_id) and call_id not in self._not

    async def send(self, call_id: str, extension: str) -> None:
        """The agent leaves, the caller goes on to the survey.

        Raises:
            SurveyError: there is no survey for this call, or the agent is not in it.
            OSError: Asterisk is away or refuses.
        """
        call = self._book.call(call_id)
        if call is None or call.channel not in call.parties:
            raise SurveyError("通话已结束 / the call is over")
        if not self.wanted(call_id) or call.line in self._lines_without:
            raise SurveyError("该通话不作评价 / there is no survey for this call")
        endpoint = AGENT_ENDPOINT + extension
        channel = next(
            (one.channel for one in call.parties.values() if one.endpoint == endpoint), ""
        )
        if not channel:
            raise SurveyError("您不在该通话中 / you are not in this call")
        # the dialplan takes a caller whose agent is gone to the survey by itself
        await self._ami.action(actions.hangup(channel))
        log.info("survey.sent", call_id=call_id, agent=extension)

    async def run(self) -> None:
        """Follow the bus until it closes or the task is cancelled."""
        with self._bus.subscribe("survey") as events:
            async for event in events:
                self.apply(event)

    def apply(self, event: Event) -> None:
        """Take note of a transfer."""
        if isinstance(event, TransferChanged | TransferTarget):
            self._not[event.call_id] = None
            while len(self._not) > REMEMBERED:
                self._not.popitem(last=False)
