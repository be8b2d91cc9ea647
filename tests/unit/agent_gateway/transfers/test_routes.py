"""Who may hand a call on, and how a refusal reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from config.directory import Department, Directory
from config.settings import OutboundSettings
from telephony.ami import AmiAction
from telephony.calls import CallBook
from telephony.transfers import AmiControl, Targets, TransferDesk
from tests.unit.agent_gateway.house import House

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


async def test_given_no_telephony_when_ordered_then_the_reason_is_said(house: House) -> None:
    status, reply = await house.ask("POST", "/api/calls/1.1/abort", as_="boss")
    assert (status, reply["error"]["code"]) == (503, "no_telephony")
