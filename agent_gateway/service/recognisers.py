"""The recognisers of this installation, each in a process of its own."""

from __future__ import annotations

from pathlib import Path

from asr.apart import RecogniserApart
from asr.prefill.lexicon import lexicon
from asr.recogniser import Recogniser, build_recogniser, model_dir
from asr.text.names import NameCorrector
from config.directory import load_directory
from config.settings import Settings


class Recognisers:
    """The default engine and those that single lines ask for; one process for each engine."""

    def __init__(self, settings: Settings) -> None:
        """Load them; blocks for seconds."""
        self._apart: list[RecogniserApart] = []
        self.default = build_recogniser(settings, load=self._load)
        self.by_line: dict[str, Recogniser] = {}
        built: dict[str, Recogniser | None] = {}
        for line, engine in settings.asr.engine_by_line.items():
            if engine not in built:
                known = self.default and self.default.name.startswith(f"{engine}:")
                built[engine] = (
                    self.default if known else build_recogniser(settings, engine, self._load)
                )
            recogniser = built[engine]
            if recogniser is not None:
                self.by_line[line] = recogniser

    def close(self) -> None:
        """End the processes; blocks."""
        for one in self._apart:
            one.close()

    def _load(self, engine: str, model: Path, *, threads: int) -> Recogniser:
        recogniser = RecogniserApart(engine, model, threads=threads)
        self._apart.append(recogniser)
        return recogniser


SECOND_NICENESS = 19
SECOND_ANSWER_S = 1800.0
"""At the lowest priority on a machine full of calls."""


def second_recogniser(settings: Settings) -> RecogniserApart:
    """The engine of the second pass, which yields to everything else; blocks for seconds.

    Raises:
        RecogniserError: its model is missing or cannot be loaded.
        OSError: no process can be started.
    """
    wanted = settings.second_pass
    model = wanted.model or model_dir(settings, wanted.engine)
    return RecogniserApart(
        wanted.engine, model, threads=1, niceness=SECOND_NICENESS, answer_s=SECOND_ANSWER_S
    )


class KnownNames:
    """What may be named on the telephone: the most particular first."""

    def __init__(self, settings: Settings) -> None:
        """Read directory and gazetteer; blocks."""
        departments = load_directory(settings.directory).departments
        self._by_line = settings.asr.hot_words_by_line
        self._common = (
            *settings.asr.names,
            *(department.name for department in departments),
            *lexicon().gazetteer.districts,
            *lexicon().gazetteer.places,
        )

    def for_line(self, line: str) -> tuple[str, ...]:
        """Hot words for the engine of a line; none if it is to have none."""
        if line not in self._by_line and "all" not in self._by_line:
            return ()
        own = (*self._by_line.get(line, ()), *self._by_line.get("all", ()))
        return tuple(dict.fromkeys((*own, *self._common)))

    def corrector(self) -> NameCorrector:
        """Puts names right in the text that people read, on every line."""
        own = (word for words in self._by_line.values() for word in words)
        return NameCorrector((*own, *self._common))
