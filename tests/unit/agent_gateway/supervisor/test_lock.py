import os
from pathlib import Path

import pytest

from agent_gateway.supervisor import AlreadyRunningError, only_supervisor
from agent_gateway.supervisor.lock import supervisor_pid


def test_given_one_runs_when_a_second_starts_then_it_is_told_whose_process(tmp_path: Path) -> None:
    with only_supervisor(tmp_path):
        assert supervisor_pid(tmp_path) == os.getpid()
        with (
            pytest.raises(AlreadyRunningError, match=rf"process {os.getpid()}\)"),
            only_supervisor(tmp_path),
        ):
            pass


def test_given_one_has_ended_when_another_starts_then_it_may(tmp_path: Path) -> None:
    with only_supervisor(tmp_path / "new"):
        pass
    assert supervisor_pid(tmp_path / "new") is None
    with only_supervisor(tmp_path / "new"):
        pass


def test_given_a_failed_second_start_when_asked_then_the_first_is_named(
    tmp_path: Path,
) -> None:
    with only_supervisor(tmp_path):
        with pytest.raises(AlreadyRunningError), only_supervisor(tmp_path):
            pass
        assert supervisor_pid(tmp_path) == os.getpid()


def test_given_no_data_folder_when_asked_then_nobody_runs(tmp_path: Path) -> None:
    assert supervisor_pid(tmp_path / "none") is None
