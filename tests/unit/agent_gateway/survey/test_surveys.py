from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from agent_gateway.journal import fold_call
from agent_gateway.store import Entry, Store, SurveyFilter
from agent_gateway.survey import SurveyDesk, SurveyError
from telephony.ami import AmiAction
from telephony.calls import CallBook
from telephony.events import (
    CallEvent,
    EventBus,
    PartyJoined,
    SurveyAnswered,
    TargetStep,
    TransferTarget,
)
from tests.unit.agent_gateway.house import House
from tests.unit.agent_gateway.scenes import at, whole_call


class Asterisk:
    def __init__(self) -> None:
        self.orders: list[dict[str, object]] = []

    async def action(
        self, fields: AmiAction, *, timeout_s: float = 10.0
    ) -> Sequence[Mapping[str, str]]:
        self.orders.append(dict(fields.fields))
        return []


def _desk(asterisk: Asterisk, *events: CallEvent, enabled: bool = True) -> SurveyDesk:
    book = CallBook()
    for event in (*whole_call("1.1")[:-1], *events):
        book.apply(event)
    return SurveyDesk(EventBus(), book, asterisk, enabled=enabled, lines_without=("12319",))


def _joined(channel: str, endpoint: str) -> PartyJoined:
    return PartyJoined(at=at(9), call_id="1.1", channel=channel, endpoint=endpoint, bridge="b")


def _talk(asterisk: Asterisk, *, enabled: bool = True) -> SurveyDesk:
    caller = whole_call("1.1")[0]
    return _desk(
        asterisk,
        _joined(getattr(caller, "channel", ""), "PJSIP/trunk"),
        _joined("PJSIP/agent-8001-1", "PJSIP/agent-8001"),
        enabled=enabled,
    )


async def test_given_a_talk_when_sent_to_the_survey_then_the_agents_telephone_hangs_up() -> None:
    asterisk = Asterisk()
    await _talk(asterisk).send("1.1", "8001")
    assert [(one["Action"], one["Channel"]) for one in asterisk.orders] == [
        ("Hangup", "PJSIP/agent-8001-1")
    ]


async def test_given_no_survey_for_the_call_when_sent_then_it_is_refused() -> None:
    asterisk = Asterisk()
    with pytest.raises(SurveyError):
        await _talk(asterisk, enabled=False).send("1.1", "8001")
    with pytest.raises(SurveyError):
        await _talk(asterisk).send("1.1", "8002")
    with pytest.raises(SurveyError):
        await _talk(asterisk).send("9.9", "8001")
    desk = _talk(asterisk)
    desk.apply(TransferTarget(at=at(10), call_id="1.1", target="110", step=TargetStep.DIALLING))
    assert not desk.wanted("1.1")
    with pytest.raises(SurveyError):
        await desk.send("1.1", "8001")
    assert asterisk.orders == []


async def _happened(store: Store, events: Sequence[CallEvent]) -> None:
    await store.events.append([Entry(n, event) for n, event in enumerate(events)], fold_call)


def _rated(call_id: str, score: int, *, solved: bool | None = None) -> SurveyAnswered:
    return SurveyAnswered(at=at(25), call_id=call_id, score=score, solved=solved)


async def test_given_answers_then_one_row_a_call_and_averages_by_line_and_agent(
    store: Store,
) -> None:
    await _happened(
        store,
        [
            *whole_call("1.1"),
            _rated("1.1", 5),
            _rated("1.1", 5, solved=True),
            *whole_call("1.2"),
            _rated("1.2", 2),
        ],
    )
    rows, total = await store.surveys.page(SurveyFilter(), limit=10, offset=0)
    assert total == 2
    assert {(row.call_id, row.score, row.solved) for row, _ in rows} == {
        ("1.1", 5, True),
        ("1.2", 2, None),
    }
    (figures,) = await store.surveys.figures(SurveyFilter(line="12328", agent="8001"))
    assert (figures.answers, figures.average, figures.solved, figures.not_solved) == (2, 3.5, 1, 0)
    assert await store.surveys.figures(SurveyFilter(since=at(26))) == []


async def test_given_answers_when_asked_for_then_leaders_see_them_and_agents_do_not(
    house: House,
) -> None:
    await _happened(house.store, [*whole_call("1.1"), _rated("1.1", 4)])
    status, page = await house.ask("GET", "/api/surveys?line=12328", as_="boss")
    assert status == 200
    assert (page["total"], page["answers"][0]["score"]) == (1, 4)
    assert page["averages"][0]["average"] == 4.0
    assert (await house.ask("GET", "/api/surveys", as_="zhang"))[0] == 403
    assert (await house.ask("POST", "/api/calls/1.1/survey", as_="zhang"))[0] == 403
