from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from config.data_file import DEFAULTS
from config.menus import Menus, load_menus
from config.numberplan import DialledNumbers, NumberPlan, load_number_plan
from config.settings import CitySettings
from ivr.inbound import InboundHandler, Routing
from ivr.selfservice import TicketState, TicketStatus
from telephony.events import Event, EventBus, IvrStep
from tests.unit.ivr.conftest import Serve
from tests.unit.ivr.fake_asterisk import EveryPrompt, FakeAsterisk

CITY = CitySettings()


def routing(menu: str | None = None) -> Routing:
    menus: Menus = load_menus(None)
    plan: NumberPlan = load_number_plan(None, CITY, menus.entries)
    if menu is not None:
        lines = dict(plan.lines)
        lines["12345"] = plan.main.model_copy(update={"menu": menu})
        plan = plan.model_copy(update={"lines": lines})
    return Routing(plan, DialledNumbers(plan, CITY), menus, CITY.zone)


class OneTicket:
    async def latest_for_caller(self, caller: str) -> TicketStatus | None:
        return TicketStatus("20260001", TicketState.HANDLING)

    async def by_number(
        self, number: str, caller: str, last_digits: str = ""
    ) -> TicketStatus | None:
        return None


async def call(
    serve: Serve,
    asterisk: FakeAsterisk,
    *,
    menu: str | None = None,
    prompts: EveryPrompt | None = None,
) -> tuple[Mapping[str, str], list[Event]]:
    bus = EventBus()
    events: list[Event] = []
    handler = InboundHandler(routing(menu), prompts or EveryPrompt(), bus, OneTicket())
    with bus.subscribe("test") as subscription:
        await asterisk.call(await serve("inbound", handler))
        subscription.close()
        events = [event async for event in subscription]
    return asterisk.variables, events


def steps(events: list[Event]) -> list[str]:
    return [event.step for event in events if isinstance(event, IvrStep)]


async def test_given_no_key_when_called_then_greeted_once_and_queued(serve: Serve) -> None:
    asterisk = FakeAsterisk(variables={"HL_DIALLED": "12345", "HL_LINE": "12345"})
    variables, events = await call(serve, asterisk)
    assert asterisk.played == ["zh/greeting-12345"]
    expected = {
        "HL_LINE": "12345",
        "HL_QUEUE": "hotline",
        "HL_PRIO": "10",
        "HL_LANG": "zh",
        "HL_GREETED": "1",
        "HL_NEXT": "queue",
    }
    assert expected.items() <= variables.items()
    assert steps(events) == ["greeting", "queue"]
    assert not any(words[:3] == ["WAIT", "FOR", "DIGIT"] for words in asterisk.commands)


async def test_given_a_dual_line_when_called_from_elsewhere_then_its_own_name_and_priority(
    serve: Serve,
) -> None:
    asterisk = FakeAsterisk(variables={"HL_DIALLED": "+8693112328", "HL_LINE": "12345"})
    variables, _ = await call(serve, asterisk)
    assert asterisk.played == ["zh/greeting-12328"]
    assert variables["HL_LINE"] == variables["CHANNEL(accountcode)"] == "12328"
    assert variables["HL_PRIO"] == "20"


async def test_given_a_forwarded_call_when_diversion_names_a_line_then_that_line(
    serve: Serve,
) -> None:
    asterisk = FakeAsterisk(
        variables={
            "HL_DIALLED": "12345",
            "HL_LINE": "12345",
            "PJSIP_HEADER(read,Diversion,1)": "<sip:09311000009@carrier>;reason=unconditional",
            "PJSIP_HEADER(read,Diversion,2)": '"a, b" <tel:+8693112319>;reason=no-answer',
        }
    )
    variables, _ = await call(serve, asterisk)
    assert variables["HL_LINE"] == variables["CHANNEL(accountcode)"] == "12319"


async def test_given_the_line_that_asterisk_knows_then_its_account_code_is_left_alone(
    serve: Serve,
) -> None:
    asterisk = FakeAsterisk(variables={"HL_DIALLED": "12328", "HL_LINE": "12328"})
    variables, _ = await call(serve, asterisk)
    assert "CHANNEL(accountcode)" not in variables


async def test_given_an_unknown_number_when_called_then_main_line_and_a_mark(serve: Serve) -> None:
    asterisk = FakeAsterisk(variables={"HL_DIALLED": "99999", "HL_LINE": "12345"})
    variables, events = await call(serve, asterisk)
    assert variables["HL_LINE"] == "12345"
    assert variables["HL_NEXT"] == "queue"
    assert (
        IvrStep(at=events[0].at, call_id="1750000000.1", step="unknown_number", detail="99999")
        in events
    )


@pytest.mark.parametrize("caller", ["", "1", "5", "#"])
async def test_given_a_key_without_meaning_when_greeting_then_it_plays_on(
    serve: Serve, caller: str
) -> None:
    asterisk = FakeAsterisk(keys={"greeting-12345": [caller]}, variables={"HL_DIALLED": "12345"})
    _, events = await call(serve, asterisk)
    assert asterisk.played == ["zh/greeting-12345"]
    assert steps(events) == ["greeting", "queue"]


async def test_given_0_when_greeting_then_straight_to_the_queue(serve: Serve) -> None:
    asterisk = FakeAsterisk(keys={"greeting-12345": ["0"]}, variables={"HL_DIALLED": "12345"})
    variables, events = await call(serve, asterisk, menu="example")
    assert asterisk.played == ["zh/greeting-12345"]
    assert steps(events) == ["greeting", "queue"]
    assert variables["HL_NEXT"] == "queue"


async def test_keys_and_lines_are_told_by_asterisk_alone(serve: Serve) -> None:
    asterisk = FakeAsterisk(
        variables={"HL_DIALLED": "12345", "HL_LINE": "12328"}, keys={"menu-example": ["2", "9"]}
    )
    _, events = await call(serve, asterisk, menu="example")
    assert {type(event) for event in events} == {IvrStep}


async def test_given_9_when_greeting_then_english_greeting_and_queue(serve: Serve) -> None:
    asterisk = FakeAsterisk(keys={"greeting-12345": ["9", ""]}, variables={"HL_DIALLED": "12345"})
    variables, _ = await call(serve, asterisk)
    assert asterisk.played == ["zh/greeting-12345", "en/greeting-12345"]
    assert variables["HL_LANG"] == "en"


async def test_given_a_queue_for_english_when_9_is_pressed_then_the_caller_waits_there(
    serve: Serve,
) -> None:
    routes = replace(routing(), language_queues={"en": "english"})
    handler = InboundHandler(routes, EveryPrompt(), EventBus(), OneTicket())
    for keys, queue in ((["9", ""], "english"), ([], "hotline")):
        asterisk = FakeAsterisk(
            keys={"greeting-12345": keys}, variables={"HL_DIALLED": "12345", "HL_LINE": "12345"}
        )
        await asterisk.call(await serve("inbound", handler))
        assert asterisk.variables["HL_QUEUE"] == queue


async def test_given_star_when_greeting_then_status_and_queue(serve: Serve) -> None:
    asterisk = FakeAsterisk(keys={"greeting-12345": ["*"]}, variables={"HL_DIALLED": "12345"})
    variables, events = await call(serve, asterisk)
    assert asterisk.played[1] == "zh/ticket-latest"
    assert asterisk.played[-2:] == ["zh/ticket-status-handling", "zh/ticket-other"]
    assert steps(events) == ["greeting", "ticket_progress", "queue"]
    assert variables["HL_NEXT"] == "queue"


async def test_given_a_hangup_in_the_greeting_then_the_route_was_set_before(serve: Serve) -> None:
    asterisk = FakeAsterisk(
        variables={"HL_DIALLED": "12328"}, hangs_up_at="greeting-12328", keys={}
    )
    variables, events = await call(serve, asterisk)
    assert asterisk.gone
    assert {"HL_LINE": "12328", "HL_PRIO": "20", "HL_NEXT": "queue"}.items() <= variables.items()
    assert steps(events) == ["greeting"]
    assert asterisk.commands[-1][:2] == ["STREAM", "FILE"]


async def test_given_no_prompt_file_when_called_then_queued_without_claiming_a_greeting(
    serve: Serve,
) -> None:
    asterisk = FakeAsterisk(variables={"HL_DIALLED": "12345"})
    prompts = EveryPrompt(missing=frozenset({"greeting-12345"}))
    variables, _ = await call(serve, asterisk, prompts=prompts)
    assert "HL_GREETED" not in variables
    assert variables["HL_NEXT"] == "queue"


async def test_given_an_unplayable_prompt_when_called_then_queued(serve: Serve) -> None:
    asterisk = FakeAsterisk(
        variables={"HL_DIALLED": "12345"}, unplayable=frozenset({"greeting-12345"})
    )
    variables, events = await call(serve, asterisk)
    assert variables["HL_NEXT"] == "queue"
    assert steps(events)[-1] == "queue"


async def test_lease_is_the_first_command_and_covers_every_prompt(serve: Serve) -> None:
    asterisk = FakeAsterisk(variables={"HL_DIALLED": "12345"})
    await call(serve, asterisk, prompts=EveryPrompt(seconds=8.0))
    assert asterisk.commands[0][2] == "TIMEOUT(absolute)"
    stream = next(i for i, words in enumerate(asterisk.commands) if words[0] == "STREAM")
    assert asterisk.commands[stream - 1][2] == "TIMEOUT(absolute)"
    assert asterisk.leases[-1] > 8.0


async def test_given_a_menu_when_silence_then_asked_again_and_then_a_person(serve: Serve) -> None:
    asterisk = FakeAsterisk(variables={"HL_DIALLED": "12345"})
    variables, events = await call(serve, asterisk, menu="example")
    assert asterisk.played.count("zh/menu-example") == 3
    assert asterisk.played.count("zh/no-input") == 2
    assert variables["HL_NEXT"] == "queue"
    assert steps(events)[-1] == "queue"


async def test_given_a_menu_when_wrong_keys_then_told_so_and_then_a_person(serve: Serve) -> None:
    asterisk = FakeAsterisk(
        variables={"HL_DIALLED": "12345"}, keys={"menu-example": ["7", "8", "#"]}
    )
    variables, _ = await call(serve, asterisk, menu="example")
    assert asterisk.played.count("zh/wrong-key") == 2
    assert variables["HL_NEXT"] == "queue"


async def test_given_a_menu_when_a_key_comes_in_the_complaint_then_it_counts(serve: Serve) -> None:
    asterisk = FakeAsterisk(
        variables={"HL_DIALLED": "12345"},
        keys={"menu-example": ["7"], "wrong-key": ["2"], "menu-example-enterprise": ["2"]},
    )
    variables, _ = await call(serve, asterisk, menu="example")
    assert variables["HL_PRIO"] == "15"
    assert asterisk.played[1:] == [
        "zh/menu-example",
        "zh/wrong-key",
        "zh/menu-example-enterprise",
    ]


async def test_given_a_submenu_when_back_and_language_then_the_first_menu_in_english(
    serve: Serve,
) -> None:
    asterisk = FakeAsterisk(
        variables={"HL_DIALLED": "12345"},
        keys={"menu-example": ["2", "9", "1"], "menu-example-enterprise": ["#"]},
    )
    variables, _ = await call(serve, asterisk, menu="example")
    assert asterisk.played[1:] == [
        "zh/menu-example",
        "zh/menu-example-enterprise",
        "zh/menu-example",
        "en/menu-example",
    ]
    assert variables["HL_LANG"] == "en"


async def test_given_a_menu_when_the_caller_repeats_for_ever_then_a_person_in_the_end(
    serve: Serve,
) -> None:
    asterisk = FakeAsterisk(variables={"HL_DIALLED": "12345"}, keys={"menu-example": ["*"] * 1000})
    variables, events = await call(serve, asterisk, menu="example")
    assert steps(events)[-1] == "queue"
    assert variables["HL_NEXT"] == "queue"


async def test_given_an_info_key_when_pressed_then_it_is_said_and_a_person_follows(
    serve: Serve,
) -> None:
    asterisk = FakeAsterisk(
        variables={"HL_DIALLED": "12345"},
        keys={"menu-example": ["2"], "menu-example-enterprise": ["1"]},
    )
    await call(serve, asterisk, menu="example")
    assert asterisk.played[-1] == "zh/menu-example-enterprise-1"


RETIRED = DEFAULTS / "numberplan-modes.toml"


async def _call_on(
    serve: Serve, asterisk: FakeAsterisk, day: datetime
) -> tuple[Mapping[str, str], list[str]]:
    plan = load_number_plan(RETIRED, CITY)
    rules = Routing(plan, DialledNumbers(plan, CITY), load_menus(None), CITY.zone, lambda: day)
    handler = InboundHandler(rules, EveryPrompt(), EventBus(), OneTicket())
    await asterisk.call(await serve("inbound", handler))
    return asterisk.variables, asterisk.played


def _redirected(number: str) -> FakeAsterisk:
    header = {"PJSIP_HEADER(read,Diversion,1)": f"<sip:{number}@carrier.invalid>"}
    return FakeAsterisk(variables={"HL_DIALLED": "12345", "HL_LINE": "12345"} | header)


@pytest.mark.parametrize(
    ("day", "announced"),
    [
        (datetime(2025, 12, 31, 15, 59, 59, tzinfo=UTC), []),
        (
            datetime(2025, 12, 31, 16, tzinfo=UTC),
            ["zh/announcement-96119", "en/announcement-96119"],
        ),
        (datetime(2026, 12, 31, 16, tzinfo=UTC), []),
    ],
)
async def test_given_a_redirected_retired_number_when_its_days_come_then_told_and_served(
    serve: Serve, day: datetime, announced: list[str]
) -> None:
    variables, played = await _call_on(serve, _redirected("96119"), day)
    assert played == [*announced, "zh/greeting-12345"]
    assert (variables["HL_LINE"], variables["HL_LANG"]) == ("96119", "zh")


async def test_given_an_announcement_before_the_answer_then_it_is_not_said_again(
    serve: Serve,
) -> None:
    asterisk = FakeAsterisk(variables={"HL_DIALLED": "96119", "HL_LINE": "96119", "HL_HEARD": "1"})
    _, played = await _call_on(serve, asterisk, datetime(2026, 6, 1, tzinfo=UTC))
    assert played == ["zh/greeting-12345"]


async def test_given_a_line_that_the_dialplan_answered_when_it_is_retired_since_then_not_announced(
    serve: Serve,
) -> None:
    # midnight, or a new plan, came between the dialplan's look and this one
    asterisk = FakeAsterisk(variables={"HL_DIALLED": "96119", "HL_LINE": "96119"})
    _, played = await _call_on(serve, asterisk, datetime(2026, 6, 1, tzinfo=UTC))
    assert played == ["zh/greeting-12345"]
