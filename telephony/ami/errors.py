"""What can go wrong between the service and Asterisk's manager interface.

All are ``OSError``: whoever asks Asterisk for something has to be ready for its absence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from telephony.ami.message import AmiResponse


class AmiError(OSError):
    """An action that could not be carried out."""


class AmiDown(AmiError):  # noqa: N818  - named for what happened
    """There is no connection; the action was not sent, or its outcome is unknown."""


class AmiTimeout(AmiError):  # noqa: N818  - named for what happened
    """No answer in time; Asterisk may still carry the action out."""


class AmiRefused(AmiError):  # noqa: N818  - named for what happened
    """Asterisk answered ``Response: Error``.

    Attributes:
        response: the whole answer.
    """

    def __init__(self, message: str, response: AmiResponse) -> None:
        super().__init__(message)
        self.response = response


class AmiLoginRefused(AmiError):  # noqa: N818  - named for what happened
    """The account's name or password is wrong, or its address is not permitted."""


class AmiValueError(ValueError):
    """A header or value that must not be sent: it would change the meaning of the action."""


class FrameTooLong(Exception):  # noqa: N818  - named for what happened
    """A frame that does not end within the limit: not a manager interface, or a broken one."""
