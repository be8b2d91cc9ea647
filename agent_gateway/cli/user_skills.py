"""``hotline user skills``: which queues an agent serves, and how well."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from config.queues import QueuePlan
    from config.settings import Settings


def parsed(words: Sequence[str]) -> dict[str, int]:
    """``QUEUE=LEVEL`` words; a queue alone means level 1.

    Raises:
        ValueError: naming the word that is none of this.
    """
    skills: dict[str, int] = {}
    for word in words:
        queue, sign, level = word.partition("=")
        if not queue or (sign and not (level.isascii() and level.isdigit())):
            raise ValueError(f"{word!r} is not QUEUE=LEVEL, e.g. english=2")
        skills[queue] = int(level or 1)
    return skills


def known_queues(settings: Settings) -> QueuePlan:
    """All queues.

    Raises:
        ConfigError: the number plan, the menus or the queues are wrong.
    """
    from config.menus import load_menus
    from config.numberplan import load_number_plan
    from config.queues import load_queues

    entries = load_menus(settings.menus).entries
    plan = load_number_plan(settings.number_plan, settings.city, entries)
    return load_queues(settings, plan)


def told(name: str, skills: dict[str, int], queues: QueuePlan, *, as_json: bool) -> str:
    """What is printed."""
    levels = queues.levels(skills)
    if as_json:
        return json.dumps({"username": name, "skills": skills, "queues": levels})
    listed = ", ".join(f"{queue} (level {level})" for queue, level in sorted(levels.items()))
    return f"{name} serves {listed}{'' if skills else ', as everybody without skills'}"
