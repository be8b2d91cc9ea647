"""One turn as people want to read it. The heard text itself is kept beside it, untouched."""

from __future__ import annotations

from functools import lru_cache

import structlog

from asr.recogniser.text import join_chinese
from asr.text.figures import written_figures
from asr.text.punctuation import punctuated

log = structlog.get_logger(__name__)

LONGEST = 2_000
"""Characters; a longer turn is shown as it was heard."""


@lru_cache(maxsize=4096)
def readable(text: str) -> str:
    """Figures written, punctuation added, blanks between characters removed.

    Takes about 3 ms a turn, 0.6 s the first time: not for the event loop. Never raises: what cannot
    be made readable is given back as it was heard.
    """
    if len(text) > LONGEST:
        return text
    joined = join_chinese(text)
    try:
        return punctuated(written_figures(joined))
    except Exception:
        log.exception("text.not_readable")
        return joined
