"""Seeing personal data in full in spite of the role: with a reason, and never without a trace."""

from __future__ import annotations

from typing import Annotated, Final
from urllib.parse import unquote

from pydantic import StringConstraints, TypeAdapter

UNMASK_HEADER: Final = "X-Unmask-Reason"
UNMASK_ACTION: Final = "personal.unmask"
UnmaskReason = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=2, max_length=200)
]
_REASON: Final = TypeAdapter(UnmaskReason)


def unmask_reason(header: str | None) -> str:
    """The reason in the header (percent-encoded UTF-8); "" without one.

    Raises:
        ValidationError: it says nothing.
    """
    return "" if header is None else _REASON.validate_python(unquote(header))
