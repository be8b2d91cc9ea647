"""Asterisk's configuration, rendered whole from the settings."""

from telephony.asterisk.rendering.model import (
    AgentEndpoint,
    DialplanHours,
    DialplanLine,
    DialplanQueue,
    DialplanStage,
    RenderInput,
)
from telephony.asterisk.rendering.render import RenderError, render_asterisk_config

__all__ = [
    "AgentEndpoint",
    "DialplanHours",
    "DialplanLine",
    "DialplanQueue",
    "DialplanStage",
    "RenderError",
    "RenderInput",
    "render_asterisk_config",
]
