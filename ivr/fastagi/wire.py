"""AGI as bytes: what is sent and what comes back.

The protocol is lines. A command is one line of words; an answer is ``code text``, where 520 has
several lines; between them Asterisk may say ``HANGUP``. Nothing here touches a socket.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ivr.fastagi.errors import AgiProtocolError

# Asterisk reads a command into a buffer of 2048 bytes (res_agi.c, AGI_BUF_LEN).
COMMAND_LIMIT = 2000
HANGUP_LINE = "HANGUP"
USAGE_LINE_LIMIT = 100

_FORBIDDEN = re.compile(r"[\r\n\0]")
_REPLY = re.compile(r"(?P<code>[0-9]{3})(?P<more>[ -])(?P<text>.*)", re.DOTALL)
# The value in parentheses runs to the last one: a caller's name may hold parentheses of its own.
_RESULT = re.compile(r"result=(?P<result>\S*)(?:\s+\((?P<data>.*)\))?", re.DOTALL)
_ENDPOS = re.compile(r" endpos=(?P<endpos>[0-9]+)$")


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer.

    Attributes:
        code: 200 for a command that was run.
        result: what follows ``result=``; a number for most commands, digits for GET DATA.
        data: what stands in parentheses, or None.
    """

    code: int
    result: str
    data: str | None = None

    @property
    def number(self) -> int:
        """``result`` as a number.

        Raises:
            AgiProtocolError: when it is none.
        """
        try:
            return int(self.result)
        except ValueError as error:
            raise AgiProtocolError(f"expected a number in result={self.result!r}") from error


def quote(argument: str) -> str:
    """An argument as one AGI word, whatever it contains.

    Raises:
        ValueError: for line breaks and NUL, which AGI cannot carry: they would start a new command.
    """
    if _FORBIDDEN.search(argument):
        raise ValueError("an AGI argument cannot hold a line break or NUL")
    return '"' + argument.replace("\\", "\\\\").replace('"', '\\"') + '"'


def command_line(verb: str, *arguments: str) -> bytes:
    """A command ready to be sent.

    Raises:
        ValueError: for what AGI cannot carry, or a line longer than Asterisk's buffer.
    """
    line = " ".join([verb, *(quote(argument) for argument in arguments)]).encode()
    if len(line) > COMMAND_LIMIT:
        raise ValueError(f"an AGI command of {len(line)} bytes; Asterisk takes {COMMAND_LIMIT}")
    return line + b"\n"


def is_usage_start(line: str) -> bool:
    """Whether more lines belong to this answer (``520-Invalid command syntax``)."""
    return line.startswith("520-")


def is_usage_end(line: str) -> bool:
    """Whether this line closes a 520 answer (``520 End of proper usage.``)."""
    return line.startswith("520 ")


def parse_reply(line: str) -> Reply:
    """One line of an answer.

    Raises:
        AgiProtocolError: when the line is no answer.
    """
    match = _REPLY.fullmatch(line)
    if match is None:
        raise AgiProtocolError(f"not an AGI answer: {line[:80]!r}")
    code = int(match["code"])
    if code not in (100, 200):
        return Reply(code, "", match["text"])
    text = _ENDPOS.sub("", match["text"])
    found = _RESULT.match(text)
    if found is None:
        raise AgiProtocolError(f"an AGI answer without result: {line[:80]!r}")
    return Reply(code, found["result"], found["data"])
