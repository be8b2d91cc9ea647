"""Callers who are turned away or put forward; what fails turns nobody away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from ivr.inbound import InboundHandler, Standing
from telephony.events import Event, EventBus, IvrStep
from tests.unit.ivr.conftest import Serve
from tests.unit.ivr.fake_asterisk import EveryPrompt, FakeAsterisk
from tests.unit.ivr.inbound.test_inbound import routing


@dataclass
class Everybody:
    """Each caller has the same standing; None: looking it up fails."""

    standing: Standing | None

    def of(self, caller: str) -> Standing:
        if self.standing is None:
            raise RuntimeError("a fault")
        return self.standing


async def call(
    serve: Serve,
    asterisk: FakeAsterisk,
    standing: Standing | None,
    prompts: EveryPrompt | None = None,
    menu: str | None = None,
) -> tuple[Mapping[str, str], list[IvrStep]]:
    bus = EventBus()
    events: list[Event] = []
    handler = InboundHandler(
        routing(menu), prompts or EveryPrompt(), bus, standings=Everybody(standing)
    )
    with bus.subscribe("test") as subscription:
        await asterisk.call(await serve("inbound", handler))
        subscription.close()
        events = [event async for event in subscription]
    return asterisk.variables, [event for event in events if isinstance(event, IvrStep)]


def asterisk(**values: object) -> FakeAsterisk:
    return FakeAsterisk(
        variables={"HL_DIALLED": "12345", "HL_LINE": "12345"},
        **values,  # type: ignore[arg-type]  # of the fake's own fields
    )


async def test_given_a_blocked_caller_then_told_in_both_languages_and_released_with_a_cause(
    serve: Serve,
) -> None:
    fake = asterisk(keys={"caller-blocked": ["0", "0"]})
    variables, steps = await call(serve, fake, Standing(blocked=True))
    assert fake.played == ["zh/caller-blocked", "en/caller-blocked"]
    assert {"HL_NEXT": "hangup", "HL_CAUSE": "21"}.items() <= variables.items()
    assert [step.step for step in steps] == ["blocked"]


async def test_given_a_hangup_in_the_announcement_then_the_dialplan_was_not_told_to_hang_up(
    serve: Serve,
) -> None:
    fake = asterisk(hangs_up_at="caller-blocked")
    variables, steps = await call(serve, fake, Standing(blocked=True))
    assert variables["HL_NEXT"] == "queue"
    assert [step.step for step in steps] == ["blocked"]


@pytest.mark.parametrize("how", ["missing", "unplayable"])
async def test_given_no_announcement_then_a_blocked_caller_is_served(
    serve: Serve, how: str
) -> None:
    gone = frozenset({"caller-blocked"})
    fake = asterisk(unplayable=gone) if how == "unplayable" else asterisk()
    prompts = EveryPrompt(missing=gone) if how == "missing" else EveryPrompt()
    variables, steps = await call(serve, fake, Standing(blocked=True), prompts)
    assert variables["HL_NEXT"] == "queue"
    assert "HL_CAUSE" not in variables
    assert [step.step for step in steps] == ["blocked", "greeting", "queue"]


async def test_given_a_fault_in_the_lists_then_the_caller_is_like_everybody(serve: Serve) -> None:
    fake = asterisk()
    variables, steps = await call(serve, fake, None)
    assert (variables["HL_NEXT"], variables["HL_PRIO"]) == ("queue", "10")
    assert [step.step for step in steps] == ["greeting", "queue"]


@pytest.mark.parametrize("menu", [None, "example"])
async def test_given_a_caller_put_forward_then_added_to_the_line_s_priority_with_the_reasons(
    serve: Serve, menu: str | None
) -> None:
    standing = Standing(bonus=35, reasons=("vip", "repeat"))
    variables, steps = await call(serve, asterisk(), standing, menu=menu)
    assert variables["HL_PRIO"] == "45"
    assert (steps[0].step, steps[0].detail) == ("priority", "vip repeat +35")
