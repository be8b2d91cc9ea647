"""Asterisk itself is killed: what it had carried so far is not lost."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator

import pytest_asyncio

from telephony.testphone import TestPhone
from tests.live.harness.hotline import SPEECH, Hotline, until


@pytest_asyncio.fixture(loop_scope="session")
async def own_hotline() -> AsyncIterator[Hotline]:
    """A hotline that may be broken: no other test uses it."""
    hotline = Hotline.make(asr={"enabled": False})
    async with hotline:
        yield hotline


async def test_given_a_call_when_asterisk_is_killed_then_its_record_and_recording_are_kept(
    own_hotline: Hotline,
) -> None:
    hotline = own_hotline
    async with TestPhone(hotline.installation, hotline.sip) as phone:
        call = await phone.dial("12345", caller="13900000061", keys=[(0.3, "0")])
        await call.wait_answered()
        await call.speak(SPEECH / "00_noise_caller.wav")
        pid = hotline.asterisk.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        await hotline.asterisk.wait()
        await hotline.asterisk.start()
        await until(hotline.serves, "link to the new Asterisk", 40)
    async with hotline.api("admin") as admin:

        async def kept() -> dict[str, object] | None:
            calls = (await admin.get("/api/calls?caller=13900000061"))["calls"]
            if len(calls) != 1 or not calls[0]["ended_at"]:
                return None
            record: dict[str, object] = await admin.get(f"/api/calls/{calls[0]['call_id']}")
            return record if record["has_recording"] else None

        record = await until(kept, "record and recording of the broken call", 90)
    assert record["line"] == "12345"
    entry = await hotline.store.calls.recording(str(record["call_id"]))
    assert entry is not None
    # what was said, less the two seconds or so that Asterisk had not written yet
    assert entry.duration_ms > 4000
