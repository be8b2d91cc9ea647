"""Stretches of calls in which the target is marked, shipped to train the tagger on."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from importlib import resources
from typing import TypeAlias

from asr.prefill.model import Speaker

MARKED = re.compile(r"\[([^\]]+)\]")


class SnippetError(ValueError):
    """A snippet that cannot be used; the message names file and line."""


@dataclass(frozen=True, slots=True)
class Line:
    """One turn with the target in square brackets."""

    who: Speaker
    text: str


Snippet: TypeAlias = tuple[Line, ...]


def read_snippets() -> tuple[list[Snippet], dict[str, str]]:
    """The shipped snippets, and the SHA-256 of each file.

    A snippet is a line; its turns are separated by ``|`` and begin with ``a:`` (agent) or ``c:``
    (caller, also without it); the target's names stand in square brackets.

    Raises:
        SnippetError: brackets that do not match, or an agent's turn with one.
    """
    snippets: list[Snippet] = []
    hashes: dict[str, str] = {}
    folder = resources.files("asr.prefill.training") / "marked"
    for source in sorted(folder.iterdir(), key=lambda one: one.name):
        if not source.name.endswith(".txt"):
            continue
        raw = source.read_bytes()
        hashes[source.name] = hashlib.sha256(raw).hexdigest()
        for number, line in enumerate(raw.decode().splitlines(), 1):
            if not line.strip():
                continue
            turns = tuple(_line(part) for part in line.strip().split("|"))
            for turn in turns:
                if re.search(r"[\[\]]", MARKED.sub("", turn.text)):
                    raise SnippetError(f"{source.name}:{number}: brackets do not match")
            snippets.append(turns)
    return snippets, hashes


def _line(part: str) -> Line:
    if part.startswith("a:"):
        return Line("agent", part[2:])
    return Line("caller", part.removeprefix("c:"))
