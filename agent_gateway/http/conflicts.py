"""Several people change the same thing: each says what was read, and nobody overwrites unseen.

What was read goes along as ``read``, in the body, or in the query where there is no body. An ETag
would say the same (RFC 9110 section 13.1.1), but most things are changed out of a list, which has
no ETag for each of its entries.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from agent_gateway.http.errors import ApiError, refused_field
from agent_gateway.http.route import AnyRoute, Strict


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """A thing that several people change.

    Attributes:
        name: Chinese, as in a sentence about this one.
        name_en: likewise.
        read: Chinese; what tells that it has not changed since, to be sent as ``read``.
        read_en: likewise.
    """

    name: str
    name_en: str
    read: str
    read_en: str


class AsRead(Strict):
    """A body or query that changes a shared thing; declares ``read``, which is never optional."""

    of: ClassVar[Shared]


def shared_by(route: AnyRoute) -> Shared | None:
    """What a request to this route changes, if it is something shared."""
    for model in (route.body, route.query):
        if issubclass(model, AsRead):
            return model.of
    return None


def changed_meanwhile(thing: Shared, by: str) -> ApiError:
    """409: it is not as it was read; ``by``: who has changed it, "" if that is not known."""
    return ApiError(
        409,
        "changed_meanwhile",
        f"{by + ' ' if by else '别人'}刚刚修改过{thing.name}，未保存；请查看新内容后再改",
        f"{by or 'somebody'} has changed {thing.name_en} meanwhile, nothing was saved; "
        "look at it anew",
    )


def read_missing(thing: Shared) -> ApiError:
    """428 (RFC 6585 section 3): a change that does not say what it is a change of."""
    zh = f"请在 read 中写明您读到的{thing.read}，以免覆盖别人的修改；未保存"
    en = (
        f"send as read {thing.read_en} as you have read it, or the change of somebody else could "
        "be lost; nothing was saved"
    )
    return refused_field(428, "read_missing", "read", zh, en)


def lacks_read(faults: Iterable[Any]) -> bool:
    """Whether pydantic's errors say that ``read`` is left out or empty."""
    return any(
        one["loc"] == ("read",) and (one["type"] == "missing" or one["input"] in (None, ""))
        for one in faults
    )
