"""Targets on all desks for a time: who may put them there; they come and go by themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from agent_gateway.pinned.board import PinnedBoard
from agent_gateway.pinned.views import PinnedView
from agent_gateway.store import PinnedTarget, Store
from config.directory import Department, Directory
from config.settings import OutboundSettings
from telephony.transfers import Targets
from tests.unit.agent_gateway.house import House

DIRECTORY = Directory(
    version=1,
    departments=(
        Department(key="water", name="供水集团", phone="09310000001"),
        Department(key="silent", name="无号码部门"),
    ),
)


@pytest.fixture
def desk(house: House) -> House:
    house.context.targets = Targets(
        OutboundSettings(trunks=("192.0.2.1",), supervisor_numbers=("1390000XXXX",)), DIRECTORY, ()
    )
    return house


def wish(begins_s: float = -1, ends_s: float = 3600, **more: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "kind": "topic",
        "title": "东岗路水管爆裂",
        "note": "抢修中，预计18时恢复",
        "keywords": ["停水", "东岗"],
        "target": "department:water",
        "transfer": "blind",
        "starts_at": (now + timedelta(seconds=begins_s)).isoformat(),
        "ends_at": (now + timedelta(seconds=ends_s)).isoformat(),
    } | more


async def pin(desk: House, **values: Any) -> dict[str, Any]:
    status, record = await desk.ask("POST", "/api/pinned-targets", as_="root", body=wish(**values))
    assert status == 200, record
    found: dict[str, Any] = record
    return found


async def test_given_open_pages_when_a_topic_is_pinned_and_withdrawn_then_all_see_it_at_once(
    desk: House,
) -> None:
    async with desk.page("zhang") as zhang, desk.page("li") as li:
        record = await pin(desk)
        for page in (zhang, li):
            [shown] = (await page.hear("targets.pinned"))["pinned"]
            assert shown == record["pinned"]
            assert (shown["title"], shown["transfer"]) == ("东岗路水管爆裂", "blind")
        async with desk.page("boss") as later:
            assert later.snapshot["pinned"] == [shown]
        number = record["pinned"]["id"]
        path = f"/api/pinned-targets/{number}/withdraw"
        assert (await desk.ask("POST", path, as_="boss"))[0] == 200
        assert (await zhang.hear("targets.pinned"))["pinned"] == []
        assert (await desk.ask("POST", path, as_="boss"))[0] == 404
    actions = [(row.user, row.action) for row in await desk.store.audit.latest()]
    assert ("root", "pinned.topic") in actions
    assert ("boss", "pinned.withdraw") in actions


async def test_given_a_time_when_it_comes_and_goes_then_the_desks_follow_without_any_request(
    desk: House,
) -> None:
    async with desk.page("zhang") as page:
        await pin(desk, begins_s=0.4, ends_s=0.9)
        assert (await desk.ask("GET", "/api/pinned-targets", as_="zhang"))[1] == {"pinned": []}
        assert len((await page.hear("targets.pinned"))["pinned"]) == 1
        assert (await page.hear("targets.pinned"))["pinned"] == []


async def test_given_an_agent_when_pinning_then_forbidden(desk: House) -> None:
    assert (await desk.ask("POST", "/api/pinned-targets", as_="zhang", body=wish()))[0] == 403
    for path in ("all", "1/calls"):
        assert (await desk.ask("GET", f"/api/pinned-targets/{path}", as_="zhang"))[0] == 403
    assert (await desk.ask("POST", "/api/pinned-targets/1/withdraw", as_="zhang"))[0] == 403


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"target": "department:silent"}, 403),
        ({"target": "number:13800000000"}, 403),
        ({"target": "number:110"}, 403),
        ({"target": "pinned:1"}, 403),
        ({"begins_s": -10, "ends_s": -5}, 409),
        ({"begins_s": 10, "ends_s": 5}, 422),
        ({"ends_s": 40 * 86400}, 422),
        ({"title": "  "}, 422),
        ({"kind": "advert"}, 422),
        ({"keywords": ["x" * 50]}, 422),
    ],
)
async def test_given_what_cannot_be_pinned_when_sent_then_it_is_refused(
    desk: House, values: dict[str, Any], status: int
) -> None:
    assert (await desk.ask("POST", "/api/pinned-targets", as_="root", body=wish(**values)))[
        0
    ] == status
    assert (await desk.ask("GET", "/api/pinned-targets/all", as_="root"))[1]["total"] == 0


async def test_given_uses_when_asked_then_counted_and_listed(desk: House) -> None:
    number = (await pin(desk))["pinned"]["id"]
    for call in ("1.1", "1.2"):
        await desk.store.pinned.used(
            number, call_id=call, transfer="blind", by="8001", at=datetime.now(UTC)
        )
    [record] = (await desk.ask("GET", "/api/pinned-targets/all", as_="boss"))[1]["pinned"]
    assert (record["uses"], record["dials"]) == (2, "department:water")
    _, listed = await desk.ask("GET", f"/api/pinned-targets/{number}/calls", as_="boss")
    assert [(one["call_id"], one["by"]) for one in listed["calls"]] == [
        ("1.1", "8001"),
        ("1.2", "8001"),
    ]
    assert (await desk.ask("GET", "/api/pinned-targets/99/calls", as_="boss"))[0] == 404
    assert (await desk.ask("GET", "/api/pinned-targets/x/calls", as_="boss"))[0] == 404


async def test_given_a_target_out_of_its_time_when_transferred_to_then_refused(
    desk: House,
) -> None:
    await pin(desk, begins_s=1000)
    body = {"kind": "blind", "target": "pinned:1"}
    # the desk is not asked: there is none here
    desk.context.transfers = object()  # type: ignore[assignment]  # must not be used
    status, reply = await desk.ask("POST", "/api/calls/1.1/transfer", as_="boss", body=body)
    assert (status, reply["error"]["code"]) == (403, "target_refused")


async def test_given_a_dead_database_when_read_again_then_what_was_pinned_stays(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    await store.pinned.add(
        PinnedTarget(
            kind="leader",
            title="王局长",
            note="",
            keywords=[],
            target="agent:8002",
            transfer="three_way",
            starts_at=now,
            ends_at=now + timedelta(hours=1),
            created_by="root",
            created_at=now,
            withdrawn_by="",
        )
    )
    told: list[list[PinnedView]] = []
    board = PinnedBoard(store, told.append)
    await board.refresh()

    async def away(_now: datetime) -> list[PinnedTarget]:
        raise OperationalError("", {}, Exception("disk"))

    monkeypatch.setattr(store.pinned, "open", away)
    with pytest.raises(OperationalError):
        await board.refresh()
    assert [one.title for one in board.views] == ["王局长"]
    assert len(told) == 1
