"""Speaking with one caller: prompts out, keys in, every step told to the rest of the system."""

from ivr.conversation.conversation import (
    ALL_KEYS,
    Conversation,
    EmergencyPressed,
    PromptSource,
)

__all__ = ["ALL_KEYS", "Conversation", "EmergencyPressed", "PromptSource"]
