"""Knowledge as JSON."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, ClassVar, Literal, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
)

from agent_gateway.http.conflicts import AsRead, Shared
from agent_gateway.http.route import Strict
from agent_gateway.store import Knowledge, KnowledgeEntry
from config.faults import fault

Keyword = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]


class KnowledgeBody(Strict):
    """An entry as a person writes it; both days are included."""

    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000)]
    keywords: Annotated[tuple[Keyword, ...], Field(max_length=50)] = ()
    category: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_.]{0,64}$")] = ""
    valid_from: date | None = None
    valid_until: date | None = None

    @field_validator("valid_until")
    @classmethod
    def _in_order(cls, last: date | None, info: ValidationInfo) -> date | None:
        first = info.data.get("valid_from")
        if first and last and first > last:
            raise fault("不能早于开始日期", "valid_until is before valid_from")
        return last

    def as_entry(self) -> Knowledge:
        """For the store."""
        return Knowledge(**self.model_dump(exclude={"read"}))


class EntryAsRead(AsRead):
    """``read``: the entry's ``updated_at`` as it was read."""

    of: ClassVar = Shared(
        name="该条目",
        name_en="the entry",
        read="条目的 updated_at",
        read_en="the entry's updated_at",
    )
    read: AwareDatetime


class KnowledgeChange(KnowledgeBody, EntryAsRead):
    """An entry as it is to be."""


State = Literal["upcoming", "in_force", "retired"]


class KnowledgeView(BaseModel):
    """One entry.

    Attributes:
        state: what it is today, by the city's calendar.
        score: how well it fits what was searched for; None in a plain list.
    """

    id: int
    title: str
    text: str
    keywords: list[str]
    category: str
    valid_from: date | None
    valid_until: date | None
    updated_by: str
    updated_at: datetime
    state: State
    score: float | None = None

    @classmethod
    def of(cls, row: KnowledgeEntry, *, today: date, score: float | None = None) -> Self:
        """From the row."""
        names = cls.model_fields.keys() - {"state", "score"}
        fields = {name: getattr(row, name) for name in names}
        return cls(**fields, state=_state(row, today), score=score)


def _state(row: KnowledgeEntry, today: date) -> State:
    if row.valid_until and row.valid_until < today:
        return "retired"
    return "upcoming" if row.valid_from and row.valid_from > today else "in_force"


class KnowledgeList(BaseModel):
    """One page: best first when searched for, else the latest change. ``total``: in all."""

    total: int
    entries: list[KnowledgeView]
