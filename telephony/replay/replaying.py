"""A recording through the translator."""

from __future__ import annotations

from dataclasses import dataclass

from telephony.calls import Translator
from telephony.events import Event
from telephony.replay.recap import CallRecap, recapitulate
from telephony.replay.recording import Recording

_TELLING = ("hanguprequest", "softhanguprequest")


@dataclass(frozen=True, slots=True)
class Replay:
    """What a recording tells.

    Attributes:
        events: domain events in order.
        calls: one recap a call.
        timed: whether times and durations are known.
        messages: how many AMI events were read.
    """

    events: tuple[Event, ...]
    calls: tuple[CallRecap, ...]
    timed: bool
    messages: int


def replay(recording: Recording) -> Replay:
    """Translate all messages and sum up each call; never fails on what a message holds."""
    told = any(_name(message.fields) in _TELLING for message in recording.messages)
    translator = Translator(lenient=True, requests_told=told)
    events: list[Event] = []
    for message in recording.messages:
        events += translator.feed(message.fields, at=message.at)
    calls = tuple(recapitulate(events))
    return Replay(tuple(events), calls, recording.timed, len(recording.messages))


def _name(fields: dict[str, object]) -> str:
    return next((str(v).lower() for n, v in fields.items() if n.lower() == "event"), "")
