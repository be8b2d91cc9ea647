"""Handing calls on: blind, by consultation, three-way, to emergency lines; what may be dialled."""

from telephony.transfers.control import AmiControl, RoomControl
from telephony.transfers.place import plain_place
from telephony.transfers.policy import DialRole, OutboundPolicy
from telephony.transfers.service import TransferDesk
from telephony.transfers.states import TRANSITIONS, TransferState, Trigger, table
from telephony.transfers.targets import Target, TargetError, TargetKind, Targets
from telephony.transfers.transfer import TransferError, TransferSnapshot

__all__ = [
    "TRANSITIONS",
    "AmiControl",
    "DialRole",
    "OutboundPolicy",
    "RoomControl",
    "Target",
    "TargetError",
    "TargetKind",
    "Targets",
    "TransferDesk",
    "TransferError",
    "TransferSnapshot",
    "TransferState",
    "Trigger",
    "plain_place",
    "table",
]
