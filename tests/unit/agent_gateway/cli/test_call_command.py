from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import soundfile

from agent_gateway.journal import fold_call
from agent_gateway.store import Entry, Store
from config.settings import Settings
from telephony.asterisk.installation import find_installation
from telephony.events import CallArrived, CallEnded, HungUpBy, LineIdentified
from tests.unit.telephony.testphone.sounds import loudest_hertz, write_tone
from tests.unit.telephony.testphone.standin import StandIn, stand_in

pytestmark = pytest.mark.live


@pytest.fixture
async def hotline() -> AsyncIterator[StandIn]:
    home = Path(tempfile.mkdtemp(prefix="hl-"))
    try:
        tone = write_tone(home / "tone.wav", 700, 1.0)
        async with stand_in(home / "hotline", tone, find_installation(Settings())) as running:
            yield running
    finally:
        shutil.rmtree(home)


async def hotline_call(port: int, data_dir: Path, *arguments: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", "from agent_gateway.cli import main; main()", "call", *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ
        | {"HOTLINE_ASTERISK__SIP_PORT": str(port), "HOTLINE_DATA_DIR": str(data_dir)},
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def test_given_a_line_that_plays_when_called_then_it_is_heard_and_exit_code_is_zero(
    hotline: StandIn, tmp_path: Path
) -> None:
    heard = tmp_path / "heard.wav"
    code, out, err = await hotline_call(
        hotline.port, tmp_path, "1001", "--save-heard", str(heard), "--json"
    )
    assert code == 0, err
    result = json.loads(out)
    assert (result["ok"], result["answered"], result["cause"]) == (True, True, 16)
    [sound] = result["heard"]
    assert loudest_hertz(heard, sound["start_ms"], sound["end_ms"]) == pytest.approx(700, abs=3)
    assert soundfile.info(heard).samplerate == 8000
    assert "no database" in result["system_unknown"]


async def test_given_speech_and_keys_when_called_then_both_arrive(
    hotline: StandIn, tmp_path: Path
) -> None:
    tone = write_tone(tmp_path / "low.wav", 500, 0.5)
    code, out, _ = await hotline_call(
        hotline.port, tmp_path, "1006", "--key", "1:9*", "--speak", f"0.2:{tone}"
    )
    assert code == 0
    assert (await hotline.user_event("Keys"))["Keys"] == "9*"
    for word in ("telephone  speaks             low.wav", "telephone  key                9"):
        assert word in out


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        ("1003", "The call was not answered: SIP 486, cause 17 (User busy)."),
        ("1005", "The call was not answered within 2 s."),
    ],
)
async def test_given_no_answer_when_called_then_a_sentence_says_why_and_exit_code_is_one(
    hotline: StandIn, tmp_path: Path, number: str, sentence: str
) -> None:
    code, _, err = await hotline_call(hotline.port, tmp_path, number, "--timeout", "2")
    assert (code, err.strip().splitlines()[-1]) == (1, sentence)


async def test_given_a_record_of_the_call_when_it_ends_then_both_sides_are_in_one_story(
    hotline: StandIn, tmp_path: Path
) -> None:
    settings = Settings(data_dir=tmp_path)
    store = Store(settings.database_url)
    await store.migrate()
    calling = asyncio.create_task(
        hotline_call(hotline.port, tmp_path, "1007", "--caller", "13900000042", "--json")
    )
    # the service's part is played here: it tells the store what it saw
    seen = await hotline.user_event("Seen")
    await _tell(store, seen["CallId"])
    _, out, _ = await calling
    await store.close()
    result: dict[str, Any] = json.loads(out)
    assert (result["call_id"], result["sip_call_id"]) == ("hotline-1.1", seen["CallId"])
    story = [(line["source"], line["kind"]) for line in result["timeline"]]
    assert ("hotline", "line identified") in story
    assert ("hotline", "call ended") in story
    assert ("telephone", "dialled") in story
    offsets = [line["offset_s"] for line in result["timeline"]]
    assert offsets == sorted(offsets)


async def _tell(store: Store, sip_call_id: str) -> None:
    from datetime import UTC, datetime

    now = datetime.now(UTC)
    story = [
        CallArrived(
            at=now, call_id="hotline-1.1", channel="c", caller="13900000042", dialled="1007"
        ),
        LineIdentified(at=now, call_id="hotline-1.1", line="12345", sip_call_id=sip_call_id),
        CallEnded(
            at=now + timedelta(seconds=0.5),
            call_id="hotline-1.1",
            hung_up_by=HungUpBy.SYSTEM,
            cause=17,
        ),
    ]
    await store.events.append([Entry(n, event) for n, event in enumerate(story)], fold_call)


async def test_given_no_hotline_when_called_then_it_says_how_to_start_one(tmp_path: Path) -> None:
    code, _, err = await hotline_call(9, tmp_path, "12345")
    assert code == 2
    assert "Start it with: hotline run" in err


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("12345", "--key", "0"), "--key must be SECONDS:KEYS"),
        (("12345", "--speak", "no-such-file.wav"), "there is no file no-such-file.wav"),
    ],
)
async def test_given_a_wrong_option_when_called_then_it_is_named(
    tmp_path: Path, arguments: tuple[str, ...], reason: str
) -> None:
    code, _, err = await hotline_call(9, tmp_path, *arguments)
    assert code == 2
    assert reason in err
