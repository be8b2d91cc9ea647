"""Asterisk's configuration, rendered whole from the settings."""

from telephony.asterisk.rendering.model import AgentEndpoint, DialplanLine, RenderInput
from telephony.asterisk.rendering.render import RenderError, render_asterisk_config

__all__ = ["AgentEndpoint", "DialplanLine", "RenderError", "RenderInput", "render_asterisk_config"]
