"""Calls to citizens: an agent presses 回电, or the turn of a waiting caller's request has come."""

from agent_gateway.callbacks.desk import CallbackDesk, CallbackError
from agent_gateway.callbacks.result import Result, result_of

__all__ = ["CallbackDesk", "CallbackError", "Result", "result_of"]
