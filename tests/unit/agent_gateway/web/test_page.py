from __future__ import annotations

import re

import pytest

from agent_gateway.journal import Disposition
from agent_gateway.web import STATIC
from telephony.events import AgentState

SCRIPTS = sorted(STATIC.glob("*.js"))
PAGE = (STATIC / "index.html").read_text(encoding="utf-8")
TEXTS = set(
    re.findall(r"^  (\w+): \[", (STATIC / "language.js").read_text(encoding="utf-8"), re.MULTILINE)
)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_given_a_script_when_read_then_no_text_can_become_markup(script: str) -> None:
    code = (STATIC / script).read_text(encoding="utf-8")
    for way in ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "Function("):
        assert way not in code


def test_given_the_page_when_read_then_nothing_in_it_needs_an_exception_of_the_policy() -> None:
    assert not re.search(r"<script(?![^>]*\bsrc=)", PAGE)
    assert not re.search(r"\son\w+=", PAGE)
    assert "style=" not in PAGE
    assert not re.search(r"(src|href)=\"(https?:)?//", PAGE)


def test_given_the_page_s_texts_when_looked_up_then_each_is_there_in_both_languages() -> None:
    used = set(re.findall(r"data-(?:text|label|hint)=\"(\w+)\"", PAGE))
    for script in SCRIPTS:
        used |= set(re.findall(r"\btext\(\"(\w+)\"\)", script.read_text(encoding="utf-8")))
    used |= {f"state_{state.value}" for state in AgentState}
    used |= {f"disposition_{one.value}" for one in Disposition}
    assert used <= TEXTS
