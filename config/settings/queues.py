"""What is said of single queues: who is sent there, and where a caller goes on in the end."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

# The same names as in the number plan.
QueueName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")]


class QueueTable(BaseModel):
    """One ``[[queues]]`` of the settings. A queue is a skill: agents who have it sit in it.

    Attributes:
        name: of the queue, in Asterisk and in agents' skills.
        title: for people; empty: the name.
        language: callers who chose this language wait here, whatever line they called.
        overflow_seconds: time after which a caller whom nobody answered waits in another queue;
            0: the caller stays, which only the default queue can say.
        overflow_to: that queue; empty: the default queue.
        overflow_priority: the caller's priority there; -1: as before.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: QueueName
    title: Annotated[str, Field(max_length=40)] = ""
    language: Literal["", "zh", "en"] = ""
    overflow_seconds: Annotated[int, Field(ge=0, le=3600)] = 60
    overflow_to: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{0,40}$")] = ""
    overflow_priority: Annotated[int, Field(ge=-1, le=1000)] = -1
