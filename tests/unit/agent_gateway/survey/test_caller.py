from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.exc import OperationalError

from agent_gateway.callers import caller_number
from agent_gateway.journal import fold_call
from agent_gateway.store import Call, Entry, ListedCaller, Store, SurveyCall
from agent_gateway.survey import Outcome, SurveyCaller, outcome_of
from agent_gateway.survey.caller import Telephony, in_sample
from config.calendar import CityClock, WorkCalendar
from config.settings import OutboundSettings, SurveyCallSettings
from telephony.calls import Call as LiveCall
from telephony.events import (
    CallEnded,
    CallEvent,
    EventBus,
    HungUpBy,
    IvrStep,
    SurveyAnswered,
    TransferChanged,
    TransferKind,
)
from telephony.outbound import PlacingError
from tests.unit.agent_gateway.scenes import CALLER, at, whole_call

ALL_DAY = ("00:00-24:00",)
WEEKDAY = datetime(2026, 3, 4, 2, tzinfo=UTC)  # 10 o'clock in the city
HOLIDAY = datetime(2026, 2, 18, 2, tzinfo=UTC)


class City:
    """Citizens' telephones, and what is rung."""

    def __init__(self, store: Store, *, trunks: int = 2, **settings: object) -> None:
        self.store = store
        self.rung: list[tuple[str, str, int]] = []
        self.live: dict[str, LiveCall] | None = {}
        self.hung_up: list[str] = []
        self.hours_at = WEEKDAY
        values = {"lines": ("12328=100",), "weekends": ALL_DAY, "holidays": ()} | settings
        self.caller = SurveyCaller(
            store,
            EventBus(),
            Telephony(self, lambda: self.live, self.end, ("hotline", "english")),
            SurveyCallSettings.model_validate(values),
            OutboundSettings(trunks=("127.0.0.1",) * trunks),
            CityClock(ZoneInfo("Asia/Shanghai"), WorkCalendar(), now=lambda: self.hours_at),
            lambda raw: caller_number(raw, "0931"),
        )

    async def ring(
        self, call_id: str, number: str, trunk: int, variables: Mapping[str, str]
    ) -> None:
        self.rung.append((number, variables["HL_ABOUT"], trunk))
        raise PlacingError("no answer")

    async def end(self, channel: str) -> None:
        self.hung_up.append(channel)

    async def over(self, call_id: str, *events: CallEvent, caller: str = CALLER) -> None:
        """A citizen's call has ended just now."""
        scene = [one for one in whole_call(call_id) if not isinstance(one, CallEnded)]
        scene += [*events, _end(call_id)]
        await self.store.events.append([Entry(n, one) for n, one in enumerate(scene)], fold_call)
        async with self.store._engine.write() as session:
            row = await session.get(Call, call_id)
            assert row is not None
            row.caller, row.ended_at = caller, datetime.now(UTC) - timedelta(hours=1)
        await self.caller.choose(call_id)

    async def look(self) -> int:
        """How many were rung by one look."""
        before = len(self.rung)
        await self.caller.look()
        await self.caller._tasks.settled()
        return len(self.rung) - before

    async def attempt(self, about: str, cause: int) -> SurveyCall:
        """The attempt in progress ends without an answer."""
        row = await self.store.survey_calls.get(about)
        assert row is not None
        ended = CallEnded(
            at=datetime.now(UTC), call_id=row.call_id, hung_up_by=HungUpBy.SYSTEM, cause=cause
        )
        await self.store.events.append([Entry(1, ended)], fold_call)
        await self.caller.sweep()
        row = await self.store.survey_calls.get(about)
        assert row is not None
        return row


def _end(call_id: str) -> CallEnded:
    return CallEnded(at=at(30), call_id=call_id, hung_up_by=HungUpBy.CALLER, cause=16)


def _listed(name: str) -> ListedCaller:
    return ListedCaller(
        list=name,
        number=CALLER,
        reason="x",
        priority=0,
        until=datetime.now(UTC) + timedelta(days=1),
        created_at=datetime.now(UTC),
        created_by="boss",
        removed_at=None,
        removed_by="",
    )


@pytest.fixture
def city(store: Store) -> City:
    return City(store)


async def test_given_an_answered_call_then_its_citizen_is_rung_once_at_a_time(city: City) -> None:
    await city.over("1.1")
    assert await city.look() == 1
    assert city.rung == [(CALLER, "1.1", 1)]
    assert await city.look() == 0, "the first attempt goes on"


@pytest.mark.parametrize(
    "event",
    [
        IvrStep(at=at(26), call_id="1.1", step="survey", detail="score"),
        SurveyAnswered(at=at(26), call_id="1.1", score=5),
        IvrStep(at=at(26), call_id="1.1", step="emergency_dialled", detail="110"),
        TransferChanged(
            at=at(26), call_id="1.1", state="consulting", kind=TransferKind.CONSULT, target="x"
        ),
    ],
    ids=["asked in the call", "rated in the call", "emergency", "transfer"],
)
async def test_given_a_call_that_is_not_asked_about_then_nobody_is_rung(
    city: City, event: CallEvent
) -> None:
    await city.over("1.1", event)
    assert await city.look() == 0


@pytest.mark.parametrize("caller", ["", "anonymous", "4008000000", "0014155550100", "110"])
async def test_given_a_caller_who_is_no_citizen_with_a_number_then_nobody_is_rung(
    city: City, caller: str
) -> None:
    await city.over("1.1", caller=caller)
    assert await city.look() == 0


@pytest.mark.parametrize("settings", [{"lines": ()}, {"lines": ("12345=100",)}, {"trunks": 0}])
async def test_given_a_line_that_is_not_sampled_or_no_trunk_then_nobody_is_rung(
    store: Store, settings: dict[str, object]
) -> None:
    trunks = settings.get("trunks", 2)
    assert isinstance(trunks, int)
    city = City(store, trunks=trunks, **{k: v for k, v in settings.items() if k != "trunks"})
    await city.over("1.1")
    assert await city.look() == 0


def test_given_a_share_then_about_so_many_are_chosen_and_always_the_same() -> None:
    ids = [f"hotline-{n}.{n % 7}" for n in range(5000)]
    chosen = [one for one in ids if in_sample(one, 20)]
    assert 850 < len(chosen) < 1150
    assert set(chosen) <= {one for one in ids if in_sample(one, 21)}
    assert not any(in_sample(one, 0) for one in ids)
    assert all(in_sample(one, 100) for one in ids)


@pytest.mark.parametrize(("moment", "rung"), [(HOLIDAY, 0), (WEEKDAY, 1)])
async def test_given_hours_then_nobody_is_rung_outside_them_by_the_calendar(
    city: City, moment: datetime, rung: int
) -> None:
    city.hours_at = moment
    await city.over("1.1")
    assert await city.look() == rung


async def test_given_a_citizen_in_a_call_in_any_spelling_then_not_rung_until_it_is_over(
    city: City,
) -> None:
    await city.over("1.1")
    city.live = {"2.2": LiveCall("2.2", "PJSIP/trunk-1", f"+86{CALLER}", "12345", at(0))}
    assert await city.look() == 0
    city.live = {}
    assert await city.look() == 1


async def test_given_no_link_to_asterisk_then_nobody_is_rung(city: City) -> None:
    await city.over("1.1")
    city.live = None
    assert await city.look() == 0


@pytest.mark.parametrize("name", ["blocked", "no_survey"])
async def test_given_a_citizen_on_a_list_then_not_rung(city: City, name: str) -> None:
    await city.over("1.1")
    await city.store.callers.add(_listed(name), ip="")
    assert await city.look() == 0
    row = await city.store.survey_calls.get("1.1")
    assert row is not None
    assert (row.result, row.next_at) == (Outcome.NOT_WANTED, None)


@pytest.mark.parametrize(
    ("cause", "result", "again"),
    [
        (17, Outcome.BUSY, True),
        (19, Outcome.NO_ANSWER, True),
        (21, Outcome.REFUSED, False),
        (1, Outcome.UNKNOWN_NUMBER, False),
    ],
)
async def test_given_no_answer_then_the_cause_decides_whether_it_is_tried_again(
    city: City, cause: int, result: Outcome, again: bool
) -> None:
    await city.over("1.1")
    await city.look()
    row = await city.attempt("1.1", cause)
    assert (row.result, row.attempts, row.next_at is not None) == (result, 1, again)
    assert await city.look() == 0, "too soon"


async def test_given_a_trunk_that_fails_then_the_other_at_once_and_then_a_pause(
    city: City,
) -> None:
    await city.over("1.1")
    await city.look()
    assert (await city.attempt("1.1", 18)).attempts == 0
    assert await city.look() == 1
    assert city.rung[-1][2] == 2
    row = await city.attempt("1.1", 18)
    assert (row.result, row.attempts) == (Outcome.UNREACHABLE, 0)
    assert row.next_at is not None
    assert row.next_at - datetime.now(UTC) > timedelta(minutes=100)


async def test_given_an_attempt_that_cannot_be_written_down_then_nobody_is_rung(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    await city.over("1.1")

    async def away(*_: object) -> bool:
        raise OperationalError("x", {}, Exception("database is locked"))

    monkeypatch.setattr(city.store.survey_calls, "begin", away)
    with pytest.raises(OperationalError):
        await city.look()
    assert city.rung == []


async def test_given_as_many_as_may_be_rung_at_once_then_others_wait(store: Store) -> None:
    city = City(store, at_once=1)
    await city.over("1.1")
    await city.over("1.2", caller="13900000002")
    assert await city.look() == 1
    call_id = "out-survey-1.1"
    city.live = {call_id: LiveCall(call_id, "PJSIP/carrier-1", CALLER, CALLER, at(0))}
    assert await city.look() == 0
    city.live = {}
    assert await city.look() == 1


async def test_given_an_answer_then_other_calls_of_the_citizen_are_not_asked_about_for_a_time(
    city: City,
) -> None:
    await city.over("1.1")
    await city.look()
    await city.over("1.2")
    row = await city.store.survey_calls.get("1.1")
    assert row is not None
    ended = datetime.now(UTC)
    await city.store.survey_calls.finish("1.1", row.call_id, result="hung_up", at=ended, attempts=1)
    assert await city.look() == 0
    other = await city.store.survey_calls.get("1.2")
    assert other is not None
    assert other.result == Outcome.NOT_WANTED


async def test_given_calls_that_ended_while_nobody_listened_then_they_are_chosen_at_the_start(
    city: City,
) -> None:
    await city.over("1.1", IvrStep(at=at(26), call_id="1.1", step="x"))
    async with city.store._engine.write() as session:
        row = await session.get(SurveyCall, "1.1")
        assert row is not None
        await session.delete(row)
    await city.caller._choose_forgotten()
    assert await city.store.survey_calls.get("1.1") is not None


def _record(path: Sequence[dict[str, object]], by: HungUpBy) -> Call:
    return Call(
        id="out-survey-1.1",
        disposition="completed_in_ivr",
        hung_up_by=by.value,
        cause=16,
        path=list(path),
    )


def _step(detail: str) -> dict[str, object]:
    return {"step": "ivr", "prompt": "survey", "detail": detail}


RATED = {"step": "survey", "score": 4, "solved": None}
SOLVED = {"step": "survey", "score": 4, "solved": True}


@pytest.mark.parametrize(
    ("path", "by", "outcome"),
    [
        ([_step("score"), RATED, _step("solved"), SOLVED], HungUpBy.SYSTEM, Outcome.RATED),
        ([_step("score"), RATED, _step("solved")], HungUpBy.SYSTEM, Outcome.RATED),
        ([_step("score"), RATED, _step("solved")], HungUpBy.CALLER, Outcome.RATED_IN_PART),
        ([_step("score"), _step("no_key")], HungUpBy.SYSTEM, Outcome.NO_KEY),
        ([_step("score")], HungUpBy.CALLER, Outcome.HUNG_UP),
        ([_step("person")], HungUpBy.CALLER, Outcome.PERSON),
        ([_step("no_more")], HungUpBy.CALLER, Outcome.NO_MORE),
        ([], HungUpBy.SYSTEM, Outcome.INTERRUPTED),
    ],
)
def test_given_a_record_of_an_answered_survey_call_then_its_outcome_is_final(
    path: list[dict[str, object]], by: HungUpBy, outcome: Outcome
) -> None:
    assert outcome_of(_record(path, by)) is outcome
    assert outcome.final
