"""Labelled material: short statements that ship with the source, and whole dialogues from files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from asr.prefill.lexicon import lexicon
from asr.prefill.training.snippets import Snippet, read_snippets

WISHES = {
    "咨": "consultation",
    "求": "help",
    "投": "complaint",
    "举": "report",
    "建": "suggestion",
    "表": "praise",
}
"""The sign before a statement → its request type."""


class MaterialError(ValueError):
    """Labelled material that cannot be used; the message names file and line."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What one caller wants, in one or a few sentences."""

    key: str
    sentences: tuple[str, ...]
    category: str
    request_type: str


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A whole labelled transcript as ``hotline prefill eval`` reads it; ``file`` is its name."""

    key: str
    row: dict[str, Any]
    file: str = ""

    @property
    def category(self) -> str:
        """The labelled category."""
        return str(self.row["gold"]["category"])

    @property
    def request_type(self) -> str:
        """The labelled request type."""
        return str(self.row["gold"]["request_type"])


@dataclass(frozen=True)
class Material:
    """All that is trained on.

    Attributes:
        statements: the shipped ones.
        dialogues: rows of the given files.
        hashes: source's name → SHA-256 of its bytes.
        snippets: the shipped ones, for the target.
        snippet_hashes: as ``hashes``, of the files of the snippets.
    """

    statements: tuple[Statement, ...]
    dialogues: tuple[Dialogue, ...]
    hashes: dict[str, str]
    snippets: tuple[Snippet, ...] = ()
    snippet_hashes: dict[str, str] = field(default_factory=dict)


def read_material(files: Sequence[Path] = ()) -> Material:
    """The shipped statements and the dialogues in ``files``, one JSON object a line.

    Raises:
        MaterialError: a line that is not labelled as it must be, or a file that cannot be read.
    """
    hashes: dict[str, str] = {}
    statements: list[Statement] = []
    folder = resources.files("asr.prefill.training") / "statements"
    for source in sorted(folder.iterdir(), key=lambda one: one.name):
        if source.name.endswith(".txt"):
            raw = source.read_bytes()
            hashes[source.name] = hashlib.sha256(raw).hexdigest()
            statements += _statements(source.name, raw.decode().splitlines())
    dialogues: list[Dialogue] = []
    for file in files:
        try:
            raw = file.read_bytes()
        except OSError as error:
            raise MaterialError(f"{file}: cannot be read: {error.strerror}") from error
        hashes[file.name] = hashlib.sha256(raw).hexdigest()
        dialogues += _dialogues(file, raw.splitlines())
    snippets, snippet_hashes = read_snippets()
    return Material(tuple(statements), tuple(dialogues), hashes, tuple(snippets), snippet_hashes)


def _statements(name: str, lines: Iterable[str]) -> Iterable[Statement]:
    known = lexicon().categories
    category = ""
    for number, line in enumerate(lines, 1):
        if line.startswith("# "):
            category = line[2:].strip()
            if category not in known:
                raise MaterialError(f"{name}:{number}: no such category: {category}")
        elif line.strip():
            wish, _, said = line.partition(" ")
            if wish not in WISHES or not said or not category:
                raise MaterialError(f"{name}:{number}: must be one of {''.join(WISHES)} and words")
            yield Statement(
                f"{name}:{number}", tuple(said.strip().split("/")), category, WISHES[wish]
            )


def _dialogues(file: Path, lines: Iterable[bytes]) -> Iterable[Dialogue]:
    known = lexicon().categories
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        where = f"{file.name}:{number}"
        try:
            row = json.loads(line)
            labels = row["gold"]["category"], row["gold"]["request_type"]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise MaterialError(f"{where}: is not a labelled transcript: {error}") from error
        if labels[0] not in known or labels[1] not in WISHES.values():
            raise MaterialError(f"{where}: unknown category or request type: {labels}")
        yield Dialogue(str(row.get("id", where)), row, file.name)
