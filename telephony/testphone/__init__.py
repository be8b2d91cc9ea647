"""Telephones that place and take real calls, for ``hotline call`` and for tests."""

from telephony.testphone.agent import AgentBehaviour, PhoneAgent
from telephony.testphone.call import CallFailedError, PhoneCall
from telephony.testphone.control import PhoneError
from telephony.testphone.phone import TestPhone
from telephony.testphone.probe import answers_sip
from telephony.testphone.sound import HeardSound, heard_sounds
from telephony.testphone.timeline import PhoneEvent

__all__ = [
    "AgentBehaviour",
    "CallFailedError",
    "HeardSound",
    "PhoneAgent",
    "PhoneCall",
    "PhoneError",
    "PhoneEvent",
    "TestPhone",
    "answers_sip",
    "heard_sounds",
]
