"""What an agent's telephone may dial by itself: two codes for its seat, and nothing else."""

from __future__ import annotations

import pytest

from telephony.testphone import PhoneAgent
from tests.live.harness.api import Api
from tests.live.harness.hotline import Hotline, until
from tests.live.harness.sipp import SippRun, run_sipp
from tests.live.harness.talk import Outside


async def _dial(hotline: Hotline, number: str) -> SippRun:
    account = hotline.accounts["agent8001"]
    run = await run_sipp(
        *(hotline.installation, "desk_dials", hotline.sip, number),
        keys={"user": account.sip_user, "password": account.sip_password},
    )
    assert run.exit_code == 0, run.errors + run.messages
    return run


@pytest.mark.parametrize(
    "number",
    ["13800000000", "00441234567", "09310000001", "110", "12345", "8002", "*469", "s", "h"],
)
async def test_given_any_number_when_dialled_from_a_desk_then_asterisk_refuses_and_nobody_rings(
    hotline: Hotline, telephones: dict[str, PhoneAgent], outside: Outside, number: str
) -> None:
    run = await _dial(hotline, number)
    assert run.received("SIP/2.0 404") == 1
    assert run.received("SIP/2.0 200") == 0
    assert await hotline.idle()
    assert not any(telephone.calls for telephone in (*outside.all, *telephones.values()))


async def test_given_no_service_when_the_codes_are_dialled_then_the_seat_takes_a_break_and_is_back(
    hotline: Hotline, telephones: dict[str, PhoneAgent], agents: dict[str, Api]
) -> None:
    await agents["8001"].state("ready")
    seat = f"PJSIP/{hotline.accounts['agent8001'].sip_user}"

    async def paused() -> bool:
        said = await hotline.asterisk.command("queue show hotline")
        (line,) = [one for one in said.splitlines() if seat in one]
        return "paused" in line

    assert not await paused()
    hotline.kill_service()
    try:
        assert (await _dial(hotline, "*47")).received("SIP/2.0 200") >= 1
        await until(paused, "seat on a break")
        assert (await _dial(hotline, "*46")).received("SIP/2.0 200") >= 1
        assert not await paused()
    finally:
        await hotline.start_service()
