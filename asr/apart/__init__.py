"""A recogniser in a process of its own, so that a fault of its native code ends no service."""

from asr.apart.recogniser import RecogniserApart

__all__ = ["RecogniserApart"]
