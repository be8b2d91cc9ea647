"""Reading Asterisk's configuration files as Asterisk does, through pyst2."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path


class ConfigFileError(ValueError):
    """A file that Asterisk would not read as meant; the text names file and line."""


@dataclass(frozen=True, slots=True)
class Section:
    """One ``[section]``; names may repeat, so entries are pairs in order.

    Attributes:
        name: without brackets and without a template's marks: ``agent`` for ``[agent](!,base)``.
        marks: what stood in parentheses after the name, e.g. ``!,base``.
        entries: name and value of each line.
    """

    name: str
    marks: str
    entries: tuple[tuple[str, str], ...]

    def get(self, name: str) -> list[str]:
        """All values of a name, in order."""
        return [value for key, value in self.entries if key == name]


def read_config_file(path: Path) -> list[Section]:
    """All sections of a file.

    Raises:
        ConfigFileError: a line is neither a section nor ``name = value``.
        OSError: the file cannot be read.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from asterisk.config import Category, Item, Line

    sections: list[tuple[str, str, list[tuple[str, str]]]] = []
    # pyst2's own reader neither closes the file nor knows templates, escaped semicolons and
    # #include; its classes for single lines are right.
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        plain, escaped = line.strip(), "\0"
        if not plain or plain.startswith((";", "#")):
            continue
        plain = plain.replace("\\;", escaped)
        try:
            if plain.startswith("["):
                head, end, marks = Line(plain, number).line.partition("]")
                name = Category(head + end, number).name
                sections.append((name, marks.strip().strip("()"), []))
                continue
            item = Item(plain, number)
        except Exception as error:
            raise ConfigFileError(f"{path}: line {number}: {line.strip()!r}: {error}") from error
        if not sections:
            raise ConfigFileError(f"{path}: line {number}: {line.strip()!r} is in no section")
        sections[-1][2].append((item.name, item.value.strip().replace(escaped, ";")))
    return [Section(name, marks, tuple(entries)) for name, marks, entries in sections]
