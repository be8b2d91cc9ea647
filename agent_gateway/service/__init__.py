"""The composition root: what has to be prepared, and the running service."""

from agent_gateway.service.asterisk_config import apply_endpoints
from agent_gateway.service.preparation import FirstAccount, Prepared, prepare

__all__ = ["FirstAccount", "Prepared", "apply_endpoints", "prepare"]
