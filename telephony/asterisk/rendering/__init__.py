"""Asterisk's configuration, rendered whole from the settings."""

from telephony.asterisk.rendering.model import (
    AgentEndpoint,
    DialplanLine,
    DialplanStage,
    RenderInput,
)
from telephony.asterisk.rendering.render import RenderError, render_asterisk_config

__all__ = [
    "AgentEndpoint",
    "DialplanLine",
    "DialplanStage",
    "RenderError",
    "RenderInput",
    "render_asterisk_config",
]
