"""AMI messages into domain events: the one place that knows Asterisk's headers.

Handles the dialects of Asterisk 1.4 to 22 and any channel driver. Pure: no input or output, no
clock; what is unknown or odd is passed over and never raises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

import structlog

from telephony.calls import (
    arriving,
    bridging,
    dialling,
    ending,
    queueing,
    snapshot,
    transferring,
)
from telephony.calls.headers import Headers, time_of
from telephony.calls.switchboard import Switchboard
from telephony.events import Event

log = structlog.get_logger(__name__)


def _dial(board: Switchboard, h: Headers) -> None:
    if h.get("subevent").lower() == "end":
        dialling.dial_end(board, h)
    else:
        dialling.dial_begin(board, h)


def _bridge(board: Switchboard, h: Headers) -> None:
    if h.get("bridgestate").lower() == "unlink":
        bridging.unlinked(board, h)
    else:
        bridging.linked(board, h)


HANDLERS: dict[str, Callable[[Switchboard, Headers], None]] = {
    "newchannel": arriving.new_channel,
    "newstate": arriving.new_state,
    "newexten": arriving.new_extension,
    "newcallerid": arriving.new_caller,
    "newaccountcode": arriving.new_caller,
    "originateresponse": arriving.originated,
    "userevent": arriving.user_event,
    "dtmf": arriving.key_pressed,
    "dtmfend": arriving.key_pressed,
    "dial": _dial,
    "dialbegin": dialling.dial_begin,
    "dialend": dialling.dial_end,
    "join": queueing.joined,
    "queuecallerjoin": queueing.joined,
    "leave": queueing.left,
    "queuecallerleave": queueing.left,
    "queuecallerabandon": queueing.abandoned,
    "agentcalled": queueing.agent_called,
    "agentconnect": queueing.agent_connected,
    "agentcomplete": queueing.agent_completed,
    "agentringnoanswer": queueing.agent_did_not_answer,
    "bridge": _bridge,
    "link": bridging.linked,
    "unlink": bridging.unlinked,
    "bridgeenter": bridging.entered,
    "bridgeleave": bridging.departed,
    "confbridgejoin": bridging.conference_joined,
    "confbridgeleave": bridging.conference_left,
    "meetmejoin": bridging.conference_joined,
    "meetmeleave": bridging.conference_left,
    "hold": bridging.hold,
    "unhold": bridging.unhold,
    "blindtransfer": transferring.blind,
    "attendedtransfer": transferring.attended,
    "transfer": transferring.old_transfer,
    "rename": transferring.renamed,
    "pickup": transferring.picked_up,
    "parkedcall": transferring.parked,
    "unparkedcall": transferring.unparked,
    "hanguprequest": ending.requested,
    "softhanguprequest": ending.soft_requested,
    "hangup": ending.hung_up,
    "coreshowchannel": snapshot.item,
    "coreshowchannelscomplete": snapshot.complete,
    "status": snapshot.item,
    "statuscomplete": snapshot.complete,
}


class Translator:
    """Turns the stream of one Asterisk into domain events."""

    def __init__(self, *, lenient: bool = True, requests_told: bool = False) -> None:
        """A translator that has heard nothing yet.

        Args:
            lenient: take up channels whose beginning was not heard, as in a recording that starts
                late. Off for a live link, which gets a snapshot first.
            requests_told: the stream is known to tell of HangupRequests; found out otherwise.
        """
        self._board = Switchboard(lenient=lenient, requests_told=requests_told)

    def feed(self, message: Mapping[str, object], *, at: datetime) -> list[Event]:
        """The events that follow from one message.

        Args:
            message: headers in any case; responses and unknown events give nothing.
            at: time of arrival (aware), used where the message has no Timestamp.
        """
        h = Headers(message)
        handler = HANDLERS.get(h.event)
        if handler is None:
            return []
        board = self._board
        board.now, board.arrived = time_of(h, at), at
        board.out = []
        try:
            handler(board, h)
        except Exception:  # one odd message must not end the stream
            log.exception("calls.message_not_understood", event_name=h.event)
        return board.out

    def resync(
        self,
        channels: Iterable[Mapping[str, object]],
        queues: Iterable[Mapping[str, object]] | None = None,
        *,
        at: datetime,
        complete: bool = True,
    ) -> list[Event]:
        """The events that lead from what was known to what is.

        Args:
            channels: CoreShowChannel (or Status) messages.
            queues: QueueEntry messages, others are passed over; None when queues were not asked.
            at: aware time before the question was asked. Channels not in the list of which
                nothing was heard since then are gone.
            complete: whether absence from the list means anything.
        """
        board = self._board
        board.now = board.arrived = at
        board.out = []
        items = [Headers(channel) for channel in channels]
        entries = None if queues is None else [Headers(entry) for entry in queues]
        snapshot.take(board, items, entries, complete=complete)
        return board.out

    @property
    def channels(self) -> int:
        """How many channels are known; 0 when Asterisk is idle."""
        return len(self._board.legs)
