"""Calls that are over are heard again, in the time that live calls leave."""

from agent_gateway.second.desk import SecondPassDesk

__all__ = ["SecondPassDesk"]
