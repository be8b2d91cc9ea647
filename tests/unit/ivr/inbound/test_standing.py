"""Callers who are turned away or put forward; what fails turns nobody away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from ivr.inbound import InboundHandler, ScreeningHandler, Standing
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


@pytest.mark.parametrize(
    ("standing", "said"),
    [
        (Standing(blocked=True), "blocked"),
        (Standing(bonus=35), None),
        (Standing(), None),
        (None, None),
    ],
)
async def test_given_a_call_before_its_answer_then_only_who_is_blocked_is_said_to_be(
    serve: Serve, standing: Standing | None, said: str | None
) -> None:
    fake = asterisk()
    fake.headers["agi_network_script"] = "screening"
    await fake.call(await serve("screening", ScreeningHandler(Everybody(standing))))
    assert fake.variables.get("HL_NEXT") == said
    assert fake.played == []


async def test_given_a_blocked_caller_who_could_not_be_told_so_then_served_like_others(
    serve: Serve,
) -> None:
    variables, steps = await call(serve, asterisk(), Standing(blocked=True))
    assert variables["HL_NEXT"] == "queue"
    assert [step.step for step in steps] == ["greeting", "queue"]


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
