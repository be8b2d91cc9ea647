"""Comparing what was recognised with what was said."""

from __future__ import annotations

import json
from difflib import SequenceMatcher

from tests.live.harness.hotline import SPEECH


def alike(heard: str, said: str) -> float:
    """How alike two texts are, 0 to 1. Recognition is not exact: most faults are homophones."""
    return SequenceMatcher(None, heard, said).ratio()


def said_in(file: str) -> str:
    """What is said in a file of the speech fixtures."""
    for line in (SPEECH / "texts.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["file"] == file:
            return str(row["text"])
    raise KeyError(file)
