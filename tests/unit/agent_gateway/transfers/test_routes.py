"""Who may hand a call on, and how a refusal reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import pytest
from sqlalchemy.exc import OperationalError

from config.directory import Department, Directory
from config.settings import OutboundSettings
from telephony.ami import AmiAction
from telephony.calls import CallBook
from telephony.events import CallArrived, PrefillChanged, TransferKind
from telephony.transfers import (
    AmiControl,
    Target,
    Targets,
    TransferDesk,
    TransferSnapshot,
    TransferState,
)
from tests.unit.agent_gateway.house import House

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
DIRECTORY = Directory(
    version=1,
    departments=(
        Department(key="bus", name="公交集团", phone="09310000001"),
        Department(key="silent", name="无号码部门"),
    ),
)


class NobodyAsked:
    async def action(
        self, fields: AmiAction, *, timeout_s: float = 10.0
    ) -> Sequence[Mapping[str, str]]:
        raise AssertionError(f"Asterisk was asked: {fields}")


@pytest.fixture
def desk(house: House) -> House:
    house.context.targets = Targets(
        OutboundSettings(trunks=("192.0.2.1",)), DIRECTORY, ("hotline",)
    )
    house.context.transfers = TransferDesk(
        house.bus, CallBook(), AmiControl(NobodyAsked(), ring_s=30)
    )
    return house


async def test_given_the_directory_when_read_then_it_has_what_can_be_dialled(desk: House) -> None:
    status, directory = await desk.ask("GET", "/api/directory", as_="zhang")
    assert status == 200
    assert [one["target"] for one in directory["departments"]] == ["department:bus"]
    assert [one["target"] for one in directory["agents"]] == ["agent:8002"]
    assert directory["emergency_lines"] == ["110", "119", "120", "122"]
    assert directory["drills"] is False


@pytest.mark.parametrize("what", ["merge", "complete", "abort", "transfer", "emergency"])
async def test_given_another_agents_call_when_ordered_then_forbidden(
    desk: House, what: str
) -> None:
    bodies = {
        "transfer": {"kind": "blind", "target": "department:bus"},
        "emergency": {"line": "110"},
    }
    path = f"/api/calls/1.1/{what}"
    assert (await desk.ask("POST", path, body=bodies.get(what)))[0] == 401
    status, _ = await desk.ask("POST", path, as_="zhang", body=bodies.get(what))
    assert status == 403
    # who sees all may; but there is no such call
    status, reply = await desk.ask("POST", path, as_="boss", body=bodies.get(what))
    assert (status, reply["error"]["code"]) == (409, "transfer_refused")


async def test_given_a_number_outside_the_policy_when_ordered_then_refused_and_audited(
    desk: House,
) -> None:
    body = {"kind": "blind", "target": "number:13900000000"}
    status, reply = await desk.ask("POST", "/api/calls/1.1/transfer", as_="boss", body=body)
    assert (status, reply["error"]["code"]) == (403, "target_refused")
    assert "不允许" in reply["error"]["message"]
    audit = [(row.user, row.action, row.object) for row in await desk.store.audit.latest()]
    assert ("boss", "transfer.refused", "1.1 number:13900000000") in audit


class Obedient(TransferDesk):
    """Writes down the emergencies that it is given."""

    def __init__(self, house: House) -> None:
        super().__init__(house.bus, CallBook(), AmiControl(NobodyAsked(), ring_s=30))
        self.given: list[Target] = []

    async def emergency(self, call_id: str, target: Target, *, by: str) -> TransferSnapshot:
        self.given.append(target)
        return TransferSnapshot(
            call_id=call_id,
            state=TransferState.THREE_WAY_RINGING,
            kind=TransferKind.THREE_WAY,
            target=target.number,
            name=target.name,
            drill=target.drill,
            location=target.location,
        )


def words(value: str) -> dict[str, object]:
    return {"value": value, "evidence": [], "confidence": 0.9}


async def test_given_a_drafted_place_when_an_emergency_is_ordered_then_it_goes_along(
    desk: House,
) -> None:
    obedient = desk.context.transfers = Obedient(desk)
    desk.publish(
        [
            CallArrived(at=NOW, call_id="1.1", channel="c", caller="139", dialled="12345"),
            PrefillChanged(
                at=NOW,
                call_id="1.1",
                fields={"district": words("城关区"), "address": words("张掖路\r\nVia: 1号")},
            ),
        ]
    )
    async with desk.page("boss") as page:
        await page.hear("prefill.changed") if not page.snapshot["calls"] else None
    path = "/api/calls/1.1/emergency"
    for body in ({"line": "110"}, {"line": "110", "location": "东岗路 7号\x00"}):
        status, view = await desk.ask("POST", path, as_="boss", body=body)
        assert status == 200, view
        assert view["location"] == obedient.given[-1].location
    assert [one.location for one in obedient.given] == ["城关区 张掖路 Via: 1号", "东岗路 7号"]


async def test_given_no_database_when_a_connected_page_orders_an_emergency_then_it_is_obeyed(
    desk: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    obedient = desk.context.transfers = Obedient(desk)

    async def away(*_: object, **__: object) -> None:
        raise OperationalError("", {}, Exception("disk"))

    path, body = "/api/calls/1.1/emergency", {"line": "110"}
    async with desk.page("boss"):
        await desk.token("li")
        monkeypatch.setattr(desk.store.sessions, "user", away)
        monkeypatch.setattr(desk.store.audit, "add", away)
        assert (await desk.ask("POST", path, as_="boss", body=body))[0] == 200
        assert [one.number for one in obedient.given] == ["110"]
        # nobody else comes in by it, and nothing else is done without the database
        assert (await desk.ask("POST", path, as_="li", body=body))[0] == 503
        assert (await desk.ask("POST", path, body=body))[0] in (401, 503)
        assert (await desk.ask("POST", "/api/calls/1.1/abort", as_="boss"))[0] == 503
    assert len(obedient.given) == 1


async def test_given_no_telephony_when_ordered_then_the_reason_is_said(house: House) -> None:
    status, reply = await house.ask("POST", "/api/calls/1.1/abort", as_="boss")
    assert (status, reply["error"]["code"]) == (503, "no_telephony")
