"""Calls and unit tests go to the workers from two ends."""

from __future__ import annotations

from types import SimpleNamespace

from tests.spread import CallsFirst

COLLECTED = [
    "tests/browser/test_page.py::test_a",
    "tests/browser/test_panel.py::test_b[x::y]",
    "tests/live/queues/test_skills.py::test_c",
    "tests/live/queues/test_supervision.py::test_d",
    "tests/live/test_agents.py::test_e",
    "tests/live/test_agents.py::test_f",
    "tests/live/test_keys.py::test_g",
    "tests/unit/asr/test_text.py::test_h",
    "tests/unit/asr/test_text.py::test_i",
    "tests/unit/ivr/test_keys.py::test_j",
]


class Worker:
    """Takes what it is given."""

    shutting_down = False
    gateway = SimpleNamespace(id="gw")

    def __init__(self) -> None:
        self.given: list[int] = []

    def send_runtest_some(self, indices: list[int]) -> None:
        self.given += indices

    def shutdown(self) -> None:
        self.shutting_down = True


def run(*workers: Worker) -> None:
    """All the tests, one of each worker at a time."""
    options = SimpleNamespace(loadscopereorder=False)
    tx = [f"{len(workers)}*popen"]
    config = SimpleNamespace(option=options, getvalue=lambda name: tx if name == "tx" else None)
    spread = CallsFirst(config, None)
    for worker in workers:
        spread.add_node(worker)
        spread.add_node_collection(worker, COLLECTED)
    spread.schedule()
    done = 0
    while any(len(worker.given) > done for worker in workers):
        for worker in workers:
            if len(worker.given) > done:
                spread.mark_test_complete(worker, worker.given[done])
        done += 1
    assert spread.tests_finished


def test_given_calls_and_units_when_spread_then_one_worker_begins_with_the_units() -> None:
    units, calls, more_calls = Worker(), Worker(), Worker()
    run(units, calls, more_calls)
    assert units.given[:3] == [9, 7, 8]
    assert calls.given[0] == 0
    assert more_calls.given[0] == 2
    assert sorted(units.given + calls.given + more_calls.given) == list(range(len(COLLECTED)))


def test_given_folders_with_one_hotline_when_spread_then_each_is_with_one_worker() -> None:
    workers = [Worker() for _ in range(4)]
    run(*workers)
    for together in ({0, 1}, {2, 3}, {4, 5}, {7, 8}):
        assert any(together <= set(worker.given) for worker in workers)


def test_given_one_worker_when_spread_then_it_gets_all_in_their_order() -> None:
    alone = Worker()
    run(alone)
    assert alone.given == list(range(len(COLLECTED)))
