"""How a caller is received: the line's own way, or that of its closed hours."""

from __future__ import annotations

from dataclasses import dataclass

from config.numberplan import Closed, Language, Treatment
from config.prompts import closed_key, greeting_key


@dataclass(frozen=True, slots=True)
class Reception:
    """What decides about a caller once the line is known.

    Attributes:
        line: number of the line that greets, for the caller's path.
        greeting: prompt.
        language: in which it greets.
        queue: where the caller waits.
        priority: of waiting.
        menu: offered after the greeting; None: none.
        message: the caller is asked for a message instead of waiting.
        closed: whether the line's hours are over.
    """

    line: str
    greeting: str
    language: Language
    queue: str
    priority: int
    menu: str | None = None
    message: bool = False
    closed: bool = False


def reception(treated: Treatment, closed: Closed | None) -> Reception:
    """How callers are received; ``closed``: what they get now, outside the line's hours."""
    line = treated.serving
    if closed is None:
        greeting = greeting_key(line.number, line.begins)
        return Reception(line.number, greeting, line.language, line.queue, line.priority, line.menu)
    owner = treated.open_by
    return Reception(
        owner.number,
        closed_key(owner.number, owner.begins),
        line.language,
        closed.queue or line.queue,
        line.priority if closed.priority is None else closed.priority,
        closed.menu,
        message=closed.then == "message",
        closed=True,
    )
