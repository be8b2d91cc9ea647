"""Calls as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel

from agent_gateway.calls.hearing import HeardInterval, hearing
from agent_gateway.store import Call, CallEventRow, RecordingRow
from asr.text.masking import mask_name, mask_number
from telephony.calls import is_outward, kind_of


class CallSummary(BaseModel):
    """One line of a list of calls. ``agent`` is the extension of who answered last.

    ``caller`` is the citizen, also of outbound calls.
    """

    call_id: str
    direction: Literal["inbound", "outbound"]
    kind: Literal["call", "callback", "survey"]
    line: str
    dialled: str
    caller: str
    caller_name: str
    arrived_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    queue: str
    agent: str
    disposition: str
    queue_seconds: float
    talk_seconds: float

    @classmethod
    def of(cls, call: Call) -> Self:
        """From the record."""
        return cls.model_validate({**_values(call), "call_id": call.id})

    def masked(self) -> Self:
        """The same without the caller's number and name in full."""
        return self.model_copy(
            update={
                "caller": mask_number(self.caller),
                "caller_name": mask_name(self.caller_name),
            }
        )


class ListedCall(CallSummary):
    """A call in a list. ``has_recording``: one that is sealed; it can be played."""

    has_recording: bool

    @classmethod
    def listed(cls, call: Call, *, has_recording: bool) -> Self:
        """From the record."""
        return cls.model_validate(
            {**_values(call), "call_id": call.id, "has_recording": has_recording}
        )


class CallEventView(BaseModel):
    """One event as it was published."""

    seq: int
    at: datetime
    type: str
    data: dict[str, Any]


class PartView(BaseModel):
    """A recording beside the call's own.

    ``part``: consult… or joined…, as ``/api/recordings/{call_id}`` wants it.
    """

    part: str
    duration_ms: int


class CallDetail(ListedCall):
    """Everything about one call. ``path``: steps {at, step, …} in their order.

    ``hearing``: who heard whom and when. ``parts``: recordings of what the call's own does
    not have, or may not: consultations, who joined from outside its bridge, and who took a caller
    that had been given back to the queue.
    """

    sip_call_id: str
    channel: str
    queued_at: datetime | None
    first_offered_at: datetime | None
    hung_up_by: str
    cause: int
    cause_text: str
    recovered: bool
    path: list[dict[str, Any]]
    ticket_number: str | None
    hearing: list[HeardInterval]
    parts: list[PartView]
    events: list[CallEventView]

    @classmethod
    def full(
        cls,
        call: Call,
        events: list[CallEventRow],
        *,
        has_recording: bool,
        parts: Sequence[RecordingRow],
        ticket_number: str | None,
    ) -> Self:
        """From the record and what belongs to it."""
        return cls.model_validate(
            {
                **_values(call),
                "call_id": call.id,
                "has_recording": has_recording,
                "ticket_number": ticket_number,
                "parts": [
                    PartView(
                        part=one.call_id.removeprefix(f"{call.id}-"), duration_ms=one.duration_ms
                    )
                    for one in parts
                ],
                "hearing": hearing(call.channel, events),
                "events": [
                    CallEventView(seq=one.seq, at=one.at, type=one.type, data=one.data)
                    for one in events
                ],
            }
        )


class CallPage(BaseModel):
    """One page, newest first. ``total``: how many there are in all."""

    total: int
    calls: list[ListedCall]


def _values(call: Call) -> dict[str, Any]:
    columns = Call.__table__.columns
    values = {one.name: getattr(call, one.name) for one in columns if one.name != "id"}
    direction = "outbound" if is_outward(call.id) else "inbound"
    return {**values, "direction": direction, "kind": kind_of(call.id)}
