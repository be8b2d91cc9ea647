"""From what the network calls the dialled number to digits."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote

# No number is longer than 15 digits (ITU-T E.164) plus prefixes; a longer text is not looked at.
_TEXT_LIMIT = 512
_SCHEME = re.compile(r"^(?:sips?|tel):", re.IGNORECASE)
_CONTEXT = re.compile(r";\s*phone-context=(\+[0-9]+)", re.IGNORECASE)
_QUOTED = re.compile(r'"(?:\\.|[^"\\])*"')
_NOT_DIALLED = re.compile(r"[^0-9+]")


def dialled_digits(raw: str) -> str:
    """The digits of a dialled number, with a leading ``+`` if it was global; "" if there are none.

    Takes a bare number, a SIP or tel URI (RFC 3261, RFC 3966), or a header value with a display
    name and angle brackets. Parameters, the host, visual separators and full-width forms go; a
    ``phone-context`` that is a global prefix is put in front of a local number. Letters do not
    make a number: ``sip:alice@host`` gives "".
    """
    text = unicodedata.normalize("NFKC", raw[:_TEXT_LIMIT]).strip()
    text = _QUOTED.sub("", text)
    if "<" in text:
        text = text.split("<", 1)[1].split(">", 1)[0]
    text = unquote(_SCHEME.sub("", text.strip()))
    user = text.split("@", 1)[0]
    number, *_ = user.split(";", 1)
    if any(character.isalpha() for character in number):
        return ""
    bare = _NOT_DIALLED.sub("", unicodedata.normalize("NFKC", number))
    digits = bare.replace("+", "")
    if not digits:
        return ""
    if bare.startswith("+"):
        return "+" + digits
    context = _CONTEXT.search(user)
    return context.group(1) + digits if context else digits
