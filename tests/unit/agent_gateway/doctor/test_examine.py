from collections.abc import Iterator

import pytest

from agent_gateway.doctor import Finding, Status, examine
from agent_gateway.doctor.checks import CHECKS
from agent_gateway.doctor.finding import ok
from config.settings import Settings


def test_given_a_check_that_fails_itself_when_examined_then_the_others_are_still_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(_: Settings) -> Iterator[Finding]:
        yield ok("first", "half done")
        raise RuntimeError("unforeseen")

    def sound(_: Settings) -> Iterator[Finding]:
        yield ok("second", "well")

    checks = {"first": broken, "second": sound}
    monkeypatch.setattr("agent_gateway.doctor.checks.CHECKS", checks)

    findings = list(examine(Settings()))

    assert [finding.check for finding in findings] == ["first", "first", "second"]
    assert findings[1].status is Status.FAIL
    assert "unforeseen" in findings[1].message


def test_given_an_installation_when_examined_then_nothing_of_it_is_left_out() -> None:

    assert set(CHECKS) == {
        "number plan",
        "calendar",
        "disk",
        "clock",
        "time zone",
        "database",
        "prompts",
        "model",
        "second pass",
        "Asterisk",
        "AMI",
        "softphone",
        "ports",
        "service",
        "AGI",
    }
