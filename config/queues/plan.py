"""The queues that the number plan and the settings name, and where callers overflow to.

The first queue is the default: the main line's. Everybody's way ends there, and it cannot fail.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from config.errors import ConfigError
from config.numberplan import NumberPlan
from config.settings import Settings
from config.settings.queues import QueueTable


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue.

    Attributes:
        name: in Asterisk.
        title: for people.
        common: a line of the number plan waits here; agents without skills take its calls.
        language: callers of this language wait here; "": none in particular.
        overflow_s: seconds after which the caller goes on to ``overflow_to``; 0: never.
        overflow_to: another queue; "" with ``overflow_s`` 0.
        overflow_priority: priority there; None: kept.
    """

    name: str
    title: str
    common: bool = True
    language: str = ""
    overflow_s: int = 0
    overflow_to: str = ""
    overflow_priority: int | None = None


@dataclass(frozen=True, slots=True)
class QueuePlan:
    """All queues, the default one first."""

    queues: tuple[Queue, ...]
    by_name: Mapping[str, Queue] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index them."""
        object.__setattr__(self, "by_name", {queue.name: queue for queue in self.queues})

    @property
    def default(self) -> str:
        """Where everybody's way ends."""
        return self.queues[0].name

    @property
    def names(self) -> tuple[str, ...]:
        """All names, the default first."""
        return tuple(queue.name for queue in self.queues)

    @property
    def of_languages(self) -> Mapping[str, str]:
        """Language -> the queue of its callers."""
        return {queue.language: queue.name for queue in self.queues if queue.language}

    def levels(self, skills: Mapping[str, int]) -> dict[str, int]:
        """The queues in which an agent with these skills sits, with the level in each.

        Skills of queues that are not there (any more) count for nothing; an agent who is left
        without any takes the common calls: nobody sits in no queue.
        """
        known = {name: level for name, level in skills.items() if name in self.by_name}
        return known or {queue.name: 1 for queue in self.queues if queue.common}


def load_queues(settings: Settings, plan: NumberPlan) -> QueuePlan:
    """The queues of an installation.

    Raises:
        ConfigError: a queue is described twice, or overflows to itself or to an unknown one, or a
            language has two queues.
    """
    by_day = [line.queue for line in plan.answered]
    by_night = [line.closed.queue for line in plan.answered if line.closed and line.closed.queue]
    lines = tuple(dict.fromkeys(by_day + by_night))
    tables: dict[str, QueueTable] = {}
    for table in settings.queues:
        if table.name in tables:
            raise ConfigError(None, f"queues.{table.name}", "is described twice", "写了两次")
        tables[table.name] = table
    names = tuple(dict.fromkeys((*lines, *tables)))
    languages: dict[str, str] = {}
    queues = []
    for name in names:
        queue = _queue(name, tables.get(name), common=name in lines, default=names[0])
        if queue.overflow_to and queue.overflow_to not in names:
            raise ConfigError(
                None,
                f"queues.{name}.overflow_to",
                f"there is no queue {queue.overflow_to}; there are {', '.join(names)}",
                f"没有队列 {queue.overflow_to}；现有：{', '.join(names)}",
            )
        if queue.overflow_to == name:
            raise ConfigError(
                None,
                f"queues.{name}.overflow_to",
                "a queue cannot overflow to itself",
                "队列不能转入自己",
            )
        if queue.language and languages.setdefault(queue.language, name) != name:
            raise ConfigError(
                None,
                f"queues.{name}.language",
                f"callers of {queue.language} wait in {languages[queue.language]} already",
                f"{queue.language} 的来电人已在 {languages[queue.language]} 排队",
            )
        queues.append(queue)
    return QueuePlan(tuple(queues))


def _queue(name: str, table: QueueTable | None, *, common: bool, default: str) -> Queue:
    if table is None:
        # without a word of its own a line's queue is as it was: callers stay, and agents without
        # skills sit in it
        return Queue(name, name, common)
    to = table.overflow_to or ("" if name == default else default)
    if table.overflow_seconds == 0 or not to:
        if name != default:
            raise ConfigError(
                None,
                f"queues.{name}.overflow_seconds",
                "only the default queue can keep its callers",
                "只有默认队列可以一直等待",
            )
        return Queue(name, table.title or name, common, table.language)
    return Queue(
        name,
        table.title or name,
        common,
        table.language,
        table.overflow_seconds,
        to,
        None if table.overflow_priority < 0 else table.overflow_priority,
    )
