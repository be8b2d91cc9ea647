"""Which line was dialled."""

from __future__ import annotations

from dataclasses import dataclass

from config.numberplan.models import Line, NumberPlan
from config.numberplan.normalise import dialled_digits
from config.numberplan.redirect import header_entries, history_entries
from config.numberplan.variants import variants
from config.settings.models import CitySettings


@dataclass(frozen=True, slots=True)
class Dialled:
    """The line of a call.

    Attributes:
        line: the line; the main line when the number is not in the plan.
        known: whether the number is in the plan. If not, somebody should look at the trunk.
        digits: the number that decided, without decoration.
        source: which evidence decided: ``diversion``, ``history-info``, ``called-party``, ``to``,
            ``request`` or ``default``.
    """

    line: Line
    known: bool
    digits: str
    source: str


@dataclass(frozen=True, slots=True)
class DialledEvidence:
    """What a call says about the number its caller dialled; raw header values, "" when absent.

    Attributes:
        request: the user part of the Request-URI.
        diversion: all Diversion headers (RFC 5806) in the order of the message: newest first.
        history_info: all History-Info headers (RFC 7044) in the order of the message: oldest first.
        called_party: P-Called-Party-ID (RFC 7315).
        to: the To header.
    """

    request: str = ""
    diversion: tuple[str, ...] = ()
    history_info: tuple[str, ...] = ()
    called_party: str = ""
    to: str = ""


class DialledNumbers:
    """Recognises the plan's lines in whatever spelling the network uses."""

    def __init__(self, plan: NumberPlan, city: CitySettings) -> None:
        self._plan = plan
        self._lines = {
            spelling: plan.lines[number] for spelling, number in dialled_patterns(plan, city)
        }

    def find(self, raw: str) -> Line | None:
        """The line whose number this is, or None."""
        digits = dialled_digits(raw)
        return self._lines.get(digits)

    def identify(self, raw: str) -> Dialled:
        """The line for one dialled number; an unknown number is the main line's."""
        return self.original(DialledEvidence(request=raw))

    def original(self, evidence: DialledEvidence) -> Dialled:
        """The line which the caller dialled, before any redirection by the carrier.

        The oldest redirecting number that is a line of the plan wins; then the called party's
        identity, the To header and the Request-URI; in the end the main line, as unknown.
        """
        diversions = header_entries(evidence.diversion)
        candidates = [
            *(("diversion", entry) for entry in reversed(diversions)),
            *(("history-info", entry) for entry in history_entries(evidence.history_info)),
            ("called-party", evidence.called_party),
            ("to", evidence.to),
            ("request", evidence.request),
        ]
        for source, raw in candidates:
            line = self.find(raw)
            if line is not None:
                return Dialled(line, True, dialled_digits(raw), source)
        return Dialled(self._plan.main, False, dialled_digits(evidence.request), "default")


def dialled_patterns(plan: NumberPlan, city: CitySettings) -> list[tuple[str, str]]:
    """Every exact spelling of every line's numbers: ``(spelling, line number)``.

    The static dialplan matches these when the service cannot be asked.
    """
    return [
        (spelling, number)
        for number, line in plan.lines.items()
        for published in (number, *line.aliases)
        for spelling in variants(published, city.area_code, plan.carrier_prefixes)
    ]
