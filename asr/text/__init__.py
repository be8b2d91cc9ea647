"""Heard words as people read them: figures, punctuation, and personal data behind asterisks."""

from asr.text.masking import mask
from asr.text.readable import readable

__all__ = ["mask", "readable"]
