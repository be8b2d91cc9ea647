"""Asterisk's manager interface, behind our own narrow interface."""

from telephony.ami import actions
from telephony.ami.actions import AmiAction
from telephony.ami.errors import (
    AmiDown,
    AmiError,
    AmiLoginRefused,
    AmiRefused,
    AmiTimeout,
    AmiValueError,
)
from telephony.ami.link import AmiLink
from telephony.ami.message import AmiMessage, AmiResponse
from telephony.ami.snapshot import Snapshot

__all__ = [
    "AmiAction",
    "AmiDown",
    "AmiError",
    "AmiLink",
    "AmiLoginRefused",
    "AmiMessage",
    "AmiRefused",
    "AmiResponse",
    "AmiTimeout",
    "AmiValueError",
    "Snapshot",
    "actions",
]
