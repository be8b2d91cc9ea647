"""What a caller hears while waiting: never silence for long."""

from __future__ import annotations

from telephony.testphone import PhoneCall
from tests.live.harness.audio import RATE_HZ, samples, silences


def longest_silence(call: PhoneCall, began_s: float, ended_s: float) -> float:
    """The longest silence, in seconds, that an ended call heard between two of its seconds.

    Seconds count from the beginning of the call. What was heard is written down to the end of the
    call, packet by packet: it is laid out from its end, and whatever is missing from it (nothing
    came at all) is counted as silence, too.
    """
    heard = samples(call.heard)[:, 0]
    ended = next(event.at_s for event in call.events if event.kind == "ended")
    answered = next(event.at_s for event in call.events if event.kind == "answered")
    begins = ended - len(heard) / RATE_HZ
    missing = max(0.0, begins - answered)
    gaps = [
        min(to + begins, ended_s) - max(since + begins, began_s) for since, to in silences(heard)
    ]
    return max([missing, *gaps])
