from __future__ import annotations

import threading
from dataclasses import dataclass

from asr.streams.pressure import Pressure
from asr.streams.ranks import Job, Rank, TurnQueue
from telephony.events import Speaker


@dataclass
class Stream:
    speaker: Speaker
    lag_ms: float = 0.0
    aside: bool = False
    receiving: bool = True


def parties(calls: int, lag_ms: float) -> list[Stream]:
    return [
        Stream(speaker, lag_ms) for _ in range(calls) for speaker in (Speaker.CALLER, Speaker.AGENT)
    ]


def test_given_a_small_lag_when_balanced_then_nobody_waits() -> None:
    streams = parties(3, 1900)
    Pressure().balance(streams, 0.0, 100.0)
    assert not any(stream.aside for stream in streams)


def test_given_a_lag_when_balanced_then_the_other_sides_wait_and_no_caller() -> None:
    streams = parties(3, 3000)
    Pressure().balance(streams, 0.0, 100.0)
    assert [stream.aside for stream in streams] == [False, True] * 3


def test_given_callers_behind_when_balanced_then_the_newest_wait_and_the_bearable_stay() -> None:
    pressure = Pressure()
    streams = parties(6, 0)
    pressure.balance(streams, 0.0, 100.0)
    for stream in streams:
        stream.lag_ms = 6000
    # 2.5 streams' worth was decoded: two can be borne
    pressure.balance(streams, 10.0, 104.0)
    callers = [stream.aside for stream in streams if stream.speaker is Speaker.CALLER]
    assert callers == [False, False, True, True, True, True]
    assert all(stream.aside for stream in streams if stream.speaker is Speaker.AGENT)


def test_given_one_caller_when_far_behind_then_never_put_aside() -> None:
    caller = Stream(Speaker.CALLER, 60_000)
    pressure = Pressure()
    for second in range(60):
        pressure.balance([caller], 0.0, 100.0 + second)
    assert not caller.aside


def test_given_a_stream_aside_when_it_has_caught_up_then_it_is_live_again() -> None:
    late = Stream(Speaker.CALLER, 900, aside=True)
    later = Stream(Speaker.CALLER, 1100, aside=True)
    over = Stream(Speaker.CALLER, 0, aside=True, receiving=False)
    Pressure().balance([late, later, over], 0.0, 100.0)
    assert [late.aside, later.aside, over.aside] == [False, True, True]


def test_given_jobs_of_all_ranks_when_taken_then_callers_first_and_equals_in_turn() -> None:
    queue = TurnQueue()
    done: list[str] = []

    def job(name: str) -> Job:
        return lambda: done.append(name)

    for rank in (Rank.ASIDE, Rank.OTHER_SIDE, Rank.ENDED, Rank.CALLER):
        queue.put(rank, job(f"{rank.name}1"))
        queue.put(rank, job(f"{rank.name}2"))
    assert queue.live() == 4
    for _ in range(8):
        next_job = queue.get()
        assert next_job is not None
        next_job()
    assert done == [
        f"{rank}{number}"
        for rank in ("CALLER", "OTHER_SIDE", "ENDED", "ASIDE")
        for number in (1, 2)
    ]
    assert queue.live() == 0


def test_given_waiting_workers_when_ended_then_each_gets_its_end_before_other_jobs() -> None:
    queue = TurnQueue()
    got: list[Job | None] = []
    workers = [threading.Thread(target=lambda: got.append(queue.get())) for _ in range(2)]
    for worker in workers:
        worker.start()
    queue.end(2)
    for worker in workers:
        worker.join(10)
    assert got == [None, None]
