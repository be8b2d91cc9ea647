"""Keys are offers, never gates: whatever a caller presses or not, a person answers."""

from __future__ import annotations

import pytest

from telephony.testphone import AgentBehaviour, PhoneAgent, TestPhone
from tests.live.harness.api import Api
from tests.live.harness.hotline import MENU_LINE, Hotline, until


@pytest.mark.parametrize(
    ("presses", "steps"),
    [
        ((), []),  # silence
        (((0.8, "7"), (3.0, "8")), ["7", "8"]),  # keys the menu does not know
        (((0.8, "2"), (3.5, "2")), ["2", "2"]),  # submenu, then a person
        (((0.8, "0"),), ["0"]),
    ],
    ids=["silence", "wrong keys", "submenu", "zero"],
)
async def test_given_a_line_with_a_menu_then_every_way_through_it_ends_at_a_person(
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    presses: tuple[tuple[float, str], ...],
    steps: list[str],
) -> None:
    await agents["8001"].state("ready")
    call = await phone.dial(MENU_LINE, keys=presses)
    ringing = await telephones["8001"].next_call(60)
    await ringing.wait_answered()
    pop = (await agents["8001"].heard("call.offered"))["call"]
    assert pop["line"] == MENU_LINE
    pressed = [step["digit"] for step in pop["path"] if step["step"] == "key"]
    assert pressed == steps
    await call.hangup()
    await call.wait_ended()


async def test_given_callers_in_line_when_the_first_presses_9_then_english_and_the_place_is_kept(
    hotline: Hotline,
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    admin: Api,
) -> None:
    first = await phone.dial("12345", caller="13900000021", keys=[(0.3, "0")])
    await _waiting(hotline, 1)
    second = await phone.dial("12345", caller="13900000022", keys=[(0.3, "0")])
    await _waiting(hotline, 2)
    await first.press("9")
    await until(lambda: _step(admin, "13900000021", "waiting_key"), "key heard while waiting")
    await _waiting(hotline, 2)
    telephones["8001"].behaviour = AgentBehaviour(answer_after_s=None)
    await agents["8001"].state("ready")
    ringing = await telephones["8001"].next_call()
    assert ringing.caller == "13900000021", "the one who pressed a key lost the place"
    for call in (first, second):
        await call.hangup()
        await call.wait_ended()


async def test_given_a_ticket_when_its_caller_presses_star_then_its_status_and_a_person(
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    admin: Api,
) -> None:
    agent = agents["8001"]
    await agent.state("ready")
    call = await phone.dial("12345", caller="13900000023", keys=[(0.3, "0")])
    await (await telephones["8001"].next_call()).wait_answered()
    await call.hangup()
    await agent.heard("ticket.drafted")
    await agent.heard("agent.state", lambda m: m["state"] == "ready" and not m["call_id"])

    again = await phone.dial("12345", caller="13900000023", keys=[(0.3, "*")])
    await (await telephones["8001"].next_call(60)).wait_answered()
    told = await until(lambda: _step(admin, "13900000023", "ticket_progress"), "ticket progress")
    assert told
    await again.hangup()
    await again.wait_ended()


async def _waiting(hotline: Hotline, callers: int) -> None:
    async def so_many() -> bool:
        said = await hotline.asterisk.command("queue show hotline")
        return said.startswith(f"hotline has {callers} calls")

    await until(so_many, f"{callers} callers waiting")


async def _step(admin: Api, caller: str, name: str) -> bool:
    calls = (await admin.get(f"/api/calls?caller={caller}"))["calls"]
    for call in calls:
        record = await admin.get(f"/api/calls/{call['call_id']}")
        if any(step.get("prompt") == name for step in record["path"]):
            return True
    return False
