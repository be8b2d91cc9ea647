"""What a menu's keys do besides leading to a person."""

from __future__ import annotations

import pytest

from config.menus import Enter, Info, Menu, Menus
from config.menus.models import PERSON_KEY
from config.numberplan import Text
from ivr.conversation import Conversation
from ivr.fastagi import AgiSession
from ivr.inbound.menu import Destination, walk_menu
from telephony.events import Event, EventBus, IvrStep
from tests.unit.ivr.conftest import Serve
from tests.unit.ivr.fake_asterisk import EveryPrompt, FakeAsterisk

SAID = Text(zh="说明", en="told")
MENU = Menu(
    key="m",
    entry=True,
    prompt=SAID,
    keys={
        "1": Info(action="info", text=SAID),
        "2": Enter(action="enter", label="户号", text=SAID, max_digits=6, queue="water"),
    },
)


async def walk(serve: Serve, asterisk: FakeAsterisk) -> tuple[Destination, list[Event]]:
    bus = EventBus()
    ends: list[Destination] = []

    async def handler(session: AgiSession) -> None:
        conversation = Conversation(session, EveryPrompt(), bus, "zh")
        ends.append(await walk_menu(conversation, Menus(version=1, menus={"m": MENU}), "m", None))

    with bus.subscribe("test") as told:
        await asterisk.call(await serve("inbound", handler))
        told.close()
        return ends[0], [event async for event in told]


async def test_given_star_during_an_information_then_it_is_heard_again(serve: Serve) -> None:
    asterisk = FakeAsterisk(keys={"menu-m": ["1"], "menu-m-1": ["*", "*", ""]})
    end, _ = await walk(serve, asterisk)
    assert asterisk.played.count("zh/menu-m-1") == 3
    assert end == Destination()


@pytest.mark.parametrize(
    ("typed", "told"), [("8812", "户号 8812"), ("", "户号 -"), (PERSON_KEY, "户号 -")]
)
async def test_given_a_number_that_is_asked_for_then_it_is_told_and_a_person_follows(
    serve: Serve, typed: str, told: str
) -> None:
    asterisk = FakeAsterisk(keys={"menu-m": ["2"]}, typed=[(typed, False)])
    end, events = await walk(serve, asterisk)
    assert end == Destination("water")
    steps = [event for event in events if isinstance(event, IvrStep) and event.step == "entered"]
    assert [event.detail for event in steps] == [told]
