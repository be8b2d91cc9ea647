"""The action that has Asterisk send one channel's audio here."""

from __future__ import annotations

import re
from typing import Final, Protocol
from uuid import UUID

from telephony.ami import AmiAction, AmiResponse, actions

CONTEXT: Final = "hotline-asr"
CHANNEL: Final = f"Local/spy@{CONTEXT}/n"
EXTEN: Final = "as"
TIMEOUT_MS: Final = 5000

_CHANNEL_NAME: Final = re.compile(r"[A-Za-z0-9]+/[A-Za-z0-9_.@:;+*#=~/-]{1,200}", re.ASCII)


class AmiActions(Protocol):
    """The part of :class:`telephony.ami.AmiLink` needed here."""

    async def action(self, fields: AmiAction, *, timeout_s: float = ...) -> AmiResponse:
        """Send one action and wait for its complete answer.

        Raises:
            AmiError: the link is down, Asterisk refuses, or does not answer.
        """


def spy_on(channel: str, stream_id: UUID) -> AmiAction:
    """Originate the pair of channels that carries the audio spoken *by* ``channel``.

    One end runs ChanSpy on the channel, the other AudioSocket with ``stream_id``.

    Raises:
        ValueError: the name is none of a channel that could be spied on. It becomes part of a
            dialplan application's arguments, where a comma would begin another argument.
    """
    if not _CHANNEL_NAME.fullmatch(channel):
        raise ValueError(f"not a channel name that can be listened to: {channel[:80]!r}")
    return actions.originate(
        CHANNEL,
        context=CONTEXT,
        exten=EXTEN,
        timeout_ms=TIMEOUT_MS,
        variables={"__HL_SPY": channel, "__HL_STREAM": str(stream_id)},
    )


def is_spy(channel: str) -> bool:
    """Whether a channel is one of those that carry audio to the recogniser."""
    return channel.startswith(f"Local/spy@{CONTEXT}")
