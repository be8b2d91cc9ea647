"""Asterisk's own call detail records, read as they are appended.

A line is one leg; the legs of a call share ``linkedid``. The caller's leg is the one whose
``uniqueid`` is the linkedid. Times are epoch seconds (``u``: unformatted), so that no time zone of
Asterisk's can shift them. When the first agent who was rung answered, the leg's answer is the
moment in which Asterisk itself took the call, so a recovered talking time includes the greeting.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from agent_gateway.journal.disposition import Disposition
from agent_gateway.journal.fold import AGENT_PREFIX, agent_of
from agent_gateway.store import Call
from telephony.calls import by_agent, is_outward, is_survey

CDR_COLUMNS = (
    "linkedid",
    "uniqueid",
    "accountcode",
    "src",
    "dst",
    "dcontext",
    "channel",
    "dstchannel",
    "lastapp",
    "start,u",
    "answer,u",
    "end,u",
    "duration",
    "billsec",
    "disposition",
)
"""Arguments of ``CDR()``, in the order of the CSV file's columns."""

# The dialplan's contexts in which only calls to numbers out of service and of blocked callers end.
_UNANSWERED = {
    "blocked": Disposition.BLOCKED,
    "announced": Disposition.ANNOUNCED,
    "released": Disposition.ANNOUNCED,
    "vacant": Disposition.VACANT,
    "not-handed-on": Disposition.NO_ANSWER,
}

MAX_LINE_BYTES = 16_384


@dataclass(frozen=True, slots=True)
class CdrLine:
    """One leg as Asterisk saw it. ``answer`` is None when it was not answered."""

    linkedid: str
    uniqueid: str
    line: str
    src: str
    dst: str
    context: str
    channel: str
    dstchannel: str
    lastapp: str
    start: datetime
    answer: datetime | None
    end: datetime
    disposition: str

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read one line of the file.

        Raises:
            ValueError: torn, or not such a line; the message says where.
        """
        if len(raw) > MAX_LINE_BYTES:
            raise ValueError(f"longer than {MAX_LINE_BYTES} bytes")
        try:
            rows = list(csv.reader([raw.decode("utf-8", "replace")], strict=True))
        except csv.Error as error:
            raise ValueError(str(error)) from error
        if len(rows) != 1 or len(rows[0]) != len(CDR_COLUMNS):
            raise ValueError(f"not {len(CDR_COLUMNS)} columns")
        value = dict(zip(CDR_COLUMNS, rows[0], strict=True))
        start, end = _time(value["start,u"]), _time(value["end,u"])
        # the disposition is the last column, and never empty in a line that is whole
        if not value["linkedid"] or not value["disposition"] or start is None or end is None:
            raise ValueError("no linkedid, start, end or disposition")
        return cls(
            linkedid=value["linkedid"],
            uniqueid=value["uniqueid"],
            line=value["accountcode"],
            src=value["src"],
            dst=value["dst"],
            context=value["dcontext"],
            channel=value["channel"],
            dstchannel=value["dstchannel"],
            lastapp=value["lastapp"],
            start=start,
            answer=_time(value["answer,u"]),
            end=end,
            disposition=value["disposition"],
        )


def calls_of(lines: Iterable[CdrLine]) -> dict[str, Call]:
    """The callers' calls among the legs, as far as the legs tell; others' legs are left out."""
    legs: dict[str, list[CdrLine]] = {}
    for line in lines:
        legs.setdefault(line.linkedid, []).append(line)
    return {
        call_id: _call(call_id, of_call, own)
        for call_id, of_call in legs.items()
        if (own := [leg for leg in of_call if leg.uniqueid == call_id and _is_caller(leg)])
    }


def _is_caller(leg: CdrLine) -> bool:
    if is_outward(leg.linkedid):
        return True
    # the recogniser's ears (Local/…) and the agents' own telephones begin calls too
    return bool(leg.line) and not leg.channel.startswith(("Local/", AGENT_PREFIX))


def _call(call_id: str, legs: list[CdrLine], own: list[CdrLine]) -> Call:
    first = min(own, key=lambda leg: leg.start)
    if by_agent(call_id):
        return _by_agent(call_id, first, legs)
    talked = [leg for leg in legs if leg.answer and leg.disposition == "ANSWERED"]
    talked = [leg for leg in talked if leg.dstchannel.startswith(AGENT_PREFIX)]
    talk = max(talked, key=lambda leg: leg.end - (leg.answer or leg.end), default=None)
    if talk:
        outcome = Disposition.ANSWERED
    elif is_survey(call_id) and not any(leg.answer for leg in own):
        outcome = Disposition.NOT_REACHED
    elif is_survey(call_id) and not any(leg.lastapp == "Queue" for leg in own):
        outcome = Disposition.COMPLETED_IN_IVR
    elif any(leg.context == "hand-on" and leg.answer for leg in own):
        outcome = Disposition.HANDED_ON
    elif max(own, key=lambda leg: leg.start).dstchannel:
        outcome = Disposition.ABANDONED_RINGING
    elif own_context := next((leg.context for leg in own if leg.context in _UNANSWERED), None):
        outcome = _UNANSWERED[own_context]
    elif any(leg.lastapp == "Queue" for leg in own):
        outcome = Disposition.ABANDONED_IN_QUEUE
    else:
        outcome = Disposition.ABANDONED_IN_IVR
    return Call(
        id=call_id[:64],
        line=first.line[:32],
        # the citizen's number is on the channel of a survey call from the answer on
        dialled=(first.src if is_survey(call_id) and first.answer else first.line)[:64],
        caller=("" if is_survey(call_id) and not first.answer else first.src)[:64],
        channel=first.channel[:128],
        arrived_at=first.start,
        answered_at=talk.answer if talk else None,
        ended_at=max(leg.end for leg in own),
        agent=agent_of(talk.dstchannel.rpartition("-")[0])[:64] if talk else "",
        hung_up_by="unknown",
        disposition=outcome,
    )


def _by_agent(call_id: str, first: CdrLine, legs: list[CdrLine]) -> Call:
    """A call to a citizen: the agent's leg carries it."""
    talk = next(
        (leg for leg in legs if leg.dstchannel and leg.answer and leg.disposition == "ANSWERED"),
        None,
    )
    return Call(
        id=call_id[:64],
        line=first.line[:32],
        dialled=first.dst[:64],
        caller=first.dst[:64],
        channel=first.channel[:128],
        arrived_at=first.start,
        answered_at=talk.answer if talk else None,
        ended_at=max(leg.end for leg in legs),
        agent=agent_of(first.channel.rpartition("-")[0])[:64] if talk else "",
        hung_up_by="unknown",
        disposition=Disposition.ANSWERED if talk else Disposition.NOT_REACHED,
    )


def _time(text: str) -> datetime | None:
    if not text or float(text) <= 0:
        return None
    return datetime.fromtimestamp(float(text), UTC)
