from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from telephony.testphone import PhoneError, heard_sounds
from telephony.testphone.control import Control
from telephony.testphone.sound import telephone_wav

from .sounds import loudest_hertz, write_tone


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (16000, 2), (44100, 1), (48000, 2)])
def test_given_any_rate_and_channels_when_converted_then_asterisk_can_play_the_same_sound(
    tmp_path: Path, rate: int, channels: int
) -> None:
    source = write_tone(tmp_path / "x.wav", 700, 1.0, rate, channels)
    result = telephone_wav(source, tmp_path)
    about = soundfile.info(result)
    assert (about.samplerate, about.channels, about.subtype) == (8000, 1, "PCM_16")
    assert about.duration == pytest.approx(1.0, abs=0.01)
    assert loudest_hertz(result, 0, 1000) == pytest.approx(700, abs=2)
    assert telephone_wav(source, tmp_path) == result


def test_given_no_sound_file_when_converted_then_the_error_names_it(tmp_path: Path) -> None:
    text = tmp_path / "text.wav"
    text.write_text("not a sound")
    for name in (text, tmp_path / "missing.wav"):
        with pytest.raises(PhoneError, match=name.name):
            telephone_wav(name, tmp_path)
    assert list(tmp_path.glob("*.new")) == []


def test_given_two_sounds_when_measured_then_each_has_its_place_and_level(tmp_path: Path) -> None:
    quiet = np.zeros(8000)
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(8000) / 8000)
    wav = tmp_path / "heard.wav"
    soundfile.write(wav, np.concatenate([quiet, tone, quiet, tone / 4, quiet]), 8000)
    first, second = heard_sounds(wav)
    assert (first.start_ms, first.end_ms) == (1000, 2000)
    assert (second.start_ms, second.end_ms) == (3000, 4000)
    assert first.level_dbfs == pytest.approx(-9.0, abs=0.2)
    assert first.level_dbfs - second.level_dbfs == pytest.approx(12.0, abs=0.2)
    soundfile.write(wav, quiet, 8000)
    assert heard_sounds(wav) == []


async def test_given_line_breaks_when_sent_then_no_second_action_can_be_made_of_them() -> None:
    import asyncio

    received = bytearray()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"Asterisk Call Manager\r\nResponse: Success\r\nActionID: 1\r\n\r\n")
        writer.write(b"Event: FullyBooted\r\n\r\n")
        received.extend(await reader.read(1000))
        await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    control = await Control.connect("127.0.0.1", port, "u", "s", lambda _: None)
    for value in ("a\r\nAction: Command", "a\nb", "a\0b"):
        with pytest.raises(ValueError, match="line break"):
            await control.send("Originate", {"CallerID": value})
    await control.close()
    server.close()
    await server.wait_closed()
    assert received.count(b"Action: ") == 1
