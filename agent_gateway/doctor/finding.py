"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How bad it is. Calls are lost or unheard with FAIL, something is missing with WARN."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One result.

    Attributes:
        check: what was looked at, one word or two.
        message: what was found, one sentence.
        mend: what to do about it; "" when nothing is to be done.
    """

    check: str
    status: Status
    message: str
    mend: str = ""


def ok(check: str, message: str) -> Finding:
    """All is well."""
    return Finding(check, Status.OK, message)


def warn(check: str, message: str, mend: str) -> Finding:
    """It works, but not as well as it could."""
    return Finding(check, Status.WARN, message, mend)


def fail(check: str, message: str, mend: str) -> Finding:
    """It does not work."""
    return Finding(check, Status.FAIL, message, mend)
