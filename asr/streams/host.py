"""What a stream and the service around it are to each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from asr.streams.counters import Counters
from asr.streams.party import Party
from telephony.events import Event

if TYPE_CHECKING:
    from asr.streams.stream import PartyStream


class StreamHost(Protocol):
    """What a stream needs of the service around it; the first two from any thread."""

    counters: Counters

    def publish_soon(self, event: Event) -> None:
        """Publish on the event loop."""

    def crowded(self) -> bool:
        """Whether more live streams wait for a worker than there are workers."""

    def corrected(self, text: str) -> str:
        """The text with names put right."""

    def enqueue(self, stream: PartyStream) -> None:
        """Have a worker call ``work``."""

    def party_for(self, stream: PartyStream) -> Party:
        """The party that speaks in the stream, new or known."""
