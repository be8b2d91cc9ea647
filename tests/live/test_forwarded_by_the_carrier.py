"""A carrier forwards a line's calls to the trunk of 12345: only a header still names the line."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from telephony.testphone import PhoneAgent, TestPhone
from tests.live.harness.api import Api
from tests.live.harness.hotline import Hotline, until
from tests.live.harness.records import closed, ended_call, record_of, waiting
from tests.live.harness.rtp import AudioPort
from tests.live.harness.sipp import run_sipp

LINE = "12328"
UNKNOWN = "<sip:09315550000@carrier.invalid>"
REDIRECTED = {
    "diversion": ["Diversion: <sip:12328@carrier.invalid>;reason=unconditional"],
    "area code": ["Diversion: <sip:0931-12328@carrier.invalid;user=phone>;reason=user-busy"],
    "tel": ["Diversion: <tel:+86-931-12328>;reason=unconditional;counter=1"],
    "tel with context": ["Diversion: <tel:12328;phone-context=+86931>;reason=unknown"],
    "escaped": ["Diversion: <sip:%2B8693112328@carrier.invalid;user=phone>"],
    "quoted name": ['Diversion: "12319, <sip:12319@x>" <sip:12328@carrier.invalid>'],
    "hops in one header": [
        f"Diversion: {UNKNOWN};counter=1, <sip:12319@carrier.invalid>, <sip:12328@first.invalid>"
    ],
    "hops in headers, newest first": [
        "Diversion: <sip:12319@carrier.invalid>;reason=unconditional;counter=2",
        f"Diversion: {UNKNOWN};reason=unconditional",
        "Diversion: <tel:+8693112328>;reason=time-of-day",
    ],
    "before an unknown number": [
        "Diversion: <sip:12328@carrier.invalid>",
        f"Diversion: {UNKNOWN}",
    ],
    "history": [
        "History-Info: <sip:12328@carrier.invalid>;index=1, <sip:12345@carrier.invalid>;index=1.1"
    ],
    "history with tel": [
        "History-Info: <tel:+8693112328>;index=1",
        "History-Info: <sip:12345@carrier.invalid?Reason=SIP%3Bcause%3D302>;index=1.1",
    ],
    "history out of order": [
        "History-Info: <sip:12345@c.invalid>;index=1.1.1, <sip:12319@c.invalid>;index=1.1",
        "History-Info: <sip:12328@c.invalid;cause=302>;index=1",
    ],
    "history with many hops": [
        "History-Info: "
        + ", ".join(f"<sip:0931555{hop:04}@c.invalid>;index=1.{hop}" for hop in range(1, 8)),
        "History-Info: <sip:12328@c.invalid>;index=1",
    ],
    "both": [
        "Diversion: <sip:12328@carrier.invalid>;reason=unconditional",
        "History-Info: <sip:12319@carrier.invalid>;index=1",
    ],
    "called party": ["P-Called-Party-ID: <sip:0931-12328@carrier.invalid>"],
}
# Each tries to leave its place, and names 12328 in a way that must be found or not be found.
HOSTILE = {
    "shell": "Diversion: <sip:${SHELL(touch PWNED)}12328@x>, <sip:12328@carrier.invalid>",
    "expression": 'Diversion: "${EVAL(${SHELL(touch PWNED)})}" <sip:12328@carrier.invalid>',
    "quotes": 'Diversion: "a\\"b" <sip:12328@carrier.invalid>',
    "escaped line breaks": (
        "Diversion: <sip:12328%0d%0aAction:%20Originate@x>, <sip:12328@carrier.invalid>"
    ),
    "control characters": "Diversion: <sip:\x0112328\x7f@x>;a=\x02, <sip:12328@carrier.invalid>",
    "not closed": "Diversion: <sip:12328@carrier.invalid",
    "letters": "Diversion: <sip:one-two-three@carrier.invalid>",
    "emergency": "Diversion: <sip:110@carrier.invalid>",
    "long": f"Diversion: <sip:{'9' * 1500}@carrier.invalid>, <sip:12328@carrier.invalid>",
    "huge index": f"History-Info: <sip:12328@c.invalid>;index={'9' * 600}",
    "separators": f"History-Info: {',' * 300}<sip:12328@c.invalid>;index=1",
    "括号": 'Diversion: "（交通\'热线）)(;=|&!`" <sip:12328@carrier.invalid>',
}
NUMBERS = [f"36{index:02}" for index in range(20)]
NOT_FOUND = ("letters", "emergency", "long")


@pytest.mark.parametrize("kind", REDIRECTED)
async def test_given_the_lines_number_in_a_header_then_call_and_record_are_of_that_line(
    hotline: Hotline, telephones: dict[str, PhoneAgent], admin: Api, kind: str
) -> None:
    caller = f"139000033{list(REDIRECTED).index(kind):02}"
    await _call(hotline, caller, REDIRECTED[kind])
    record = await closed(admin, caller)
    assert (record["line"], record["dialled"]) == (LINE, "12345")
    greeted = [one["detail"] for one in record["path"] if one.get("prompt") == "greeting"]
    assert greeted == [LINE]


@pytest.mark.parametrize("service", ["running", "away"])
@pytest.mark.parametrize(
    ("request_user", "headers"),
    [
        ("12328;phone-context=+86931", ()),
        ("12345", ("Diversion: <tel:+86-931-12328>;reason=unconditional",)),
        ("12345", ("History-Info: <sip:12345@c>;index=1.1, <sip:0931-12328@c>;index=1",)),
    ],
    ids=["parameter", "diversion", "history"],
)
async def test_given_no_service_then_plain_forms_lead_to_the_line_all_the_same(
    hotline: Hotline,
    telephones: dict[str, PhoneAgent],
    service: str,
    request_user: str,
    headers: tuple[str, ...],
) -> None:
    caller = f"1390000{NUMBERS.pop()}"
    if service == "away":
        hotline.kill_service()
    try:
        await _call(hotline, caller, headers, request_user)
    finally:
        if service == "away":
            await hotline.start_service()
    async with hotline.api("admin") as admin:
        record = await until(lambda: record_of(admin, caller), "record of the call", 90)
    assert record is not None
    assert record["line"] == LINE


@pytest.mark.parametrize("kind", HOSTILE)
async def test_given_a_hostile_header_then_the_call_is_answered_on_a_line_and_nothing_else_happens(
    hotline: Hotline, telephones: dict[str, PhoneAgent], admin: Api, kind: str
) -> None:
    caller = f"139000034{list(HOSTILE).index(kind):02}"
    await _call(hotline, caller, [HOSTILE[kind]])
    record = await closed(admin, caller)
    assert record["line"] == ("12345" if kind in NOT_FOUND else LINE)
    assert await hotline.is_healthy()
    for folder in (hotline.data_dir, hotline.settings.asterisk_dir, Path.cwd()):
        assert not list(folder.glob("**/PWNED"))


async def _call(
    hotline: Hotline, caller: str, headers: Sequence[str], request_user: str = "12345"
) -> None:
    async with AudioPort() as audio:
        run = await run_sipp(
            *(hotline.installation, "to_the_end", hotline.sip, request_user),
            caller=caller,
            hold_ms=1500,
            headers=headers,
            keys={"audio_port": str(audio.port)},
        )
    assert run.exit_code == 0, run.errors + run.messages
    assert [one.status for one in run.outcomes().values()] == [200]


async def test_given_a_forwarded_call_when_it_was_answered_then_all_that_is_kept_names_the_line(
    hotline: Hotline,
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    admin: Api,
) -> None:
    caller, desk = "13900003501", agents["8001"]
    today = datetime.now(hotline.settings.city.zone).date()

    async def answered_today(line: str) -> int:
        days = f"from={today - timedelta(days=1)}&to={today}"
        rows = (await admin.get(f"/api/statistics/lines?{days}"))["rows"]
        return sum(row["answered"] for row in rows if row["line"] == line)

    before = {line: await answered_today(line) for line in (LINE, "12345")}
    history = "<tel:+8693112328>;index=1, <sip:09311234567@c.invalid>;index=1.1"
    call = await phone.dial(
        "12345", caller=caller, keys=[(0.5, "0")], extra_headers={"History-Info": history}
    )
    await waiting(hotline, 1)
    # the line's priority, not that of 12345
    assert "prio: 20" in await hotline.asterisk.command("queue show hotline")
    await desk.state("ready")
    agent = await telephones["8001"].next_call()
    await agent.wait_answered()
    assert (await desk.heard("call.offered"))["call"]["line"] == LINE
    await asyncio.sleep(1)
    await call.hangup()
    await call.wait_ended()
    record = await ended_call(admin, caller)
    assert (record["line"], record["dialled"], record["disposition"]) == (LINE, "12345", "answered")
    listed = (await hotline.command("recordings", "list", "--json")).splitlines()
    recordings = [json.loads(one) for one in listed]
    assert [one["line"] for one in recordings if one["call_id"] == record["call_id"]] == [LINE]
    drafted = await desk.heard("ticket.drafted", lambda m: m["ticket"]["caller"] == caller)
    ticket = await admin.get(f"/api/tickets/{drafted['ticket']['number']}")
    assert ticket["line"] == LINE

    async def counted() -> bool:
        return await answered_today(LINE) == before[LINE] + 1

    await until(counted, f"the call in the figures of {LINE}")
    assert await answered_today("12345") == before["12345"]
