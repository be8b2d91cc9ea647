"""The data files that decide about calls, changed while calls go on."""

from agent_gateway.configuration.loaded import Loaded, load_files
from agent_gateway.configuration.reloading import Reloader

__all__ = ["Loaded", "Reloader", "load_files"]
