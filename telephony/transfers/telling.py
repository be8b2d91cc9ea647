"""What others hear of a transfer: events on the bus."""

from __future__ import annotations

from datetime import UTC, datetime

import structlog

from telephony.events import (
    CallTransferred,
    EventBus,
    TransferChanged,
    TransferOutcome,
)
from telephony.transfers.states import TransferState, Trigger
from telephony.transfers.transfer import Transfer

log = structlog.get_logger(__name__)

_REACHED = (TransferState.THREE_WAY, TransferState.HANDED_OVER)


class TransferTeller:
    """Publishes the events of transfers."""

    def __init__(self, bus: EventBus) -> None:
        self._bus = bus

    def moved_on(self, one: Transfer, before: TransferState, trigger: Trigger, reason: str) -> None:
        """The transfer came from the state ``before`` into its state of now."""
        self.changed(one, reason)
        if trigger is Trigger.TARGET_FAILED:
            self.transferred(one, TransferOutcome.FAILED)
        elif one.state in _REACHED and before not in _REACHED:
            self.transferred(one, TransferOutcome.COMPLETED)

    def changed(self, one: Transfer, reason: str) -> None:
        """The state, or the number that is rung, is another one."""
        target = one.target
        log.info("transfer.changed", call_id=one.call_id, state=one.state, reason=reason)
        self._bus.publish(
            TransferChanged(
                at=datetime.now(UTC),
                call_id=one.call_id,
                state=one.state.value,
                kind=one.kind,
                target=target.number if target else "",
                name=target.name if target else "",
                by=one.by,
                reason=reason,
                drill=target.drill if target else False,
                location=target.location if target else "",
            )
        )

    def transferred(self, one: Transfer, outcome: TransferOutcome) -> None:
        """The hand-over began, succeeded or failed."""
        self._bus.publish(
            CallTransferred(
                at=datetime.now(UTC),
                call_id=one.call_id,
                kind=one.kind,
                target=one.target.number if one.target else "",
                by=one.by,
                outcome=outcome,
            )
        )
