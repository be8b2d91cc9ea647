import shutil
from pathlib import Path

import pytest

from agent_gateway.doctor import Status, storage
from agent_gateway.doctor.storage import check_data_files, check_disk
from config.settings import Settings


def test_given_a_wrong_number_plan_when_checked_then_the_file_is_named(tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text("lines = 3\n")
    (finding,) = check_data_files(Settings(number_plan=plan))
    assert finding.status is Status.FAIL
    assert "plan.toml" in finding.message


def test_given_the_shipped_files_when_checked_then_well() -> None:
    (finding,) = check_data_files(Settings())
    assert finding.status is Status.OK


@pytest.mark.parametrize(
    ("free", "status"),
    [
        (storage.SCARCE_BYTES, Status.OK),
        (storage.SCARCE_BYTES - 1, Status.WARN),
        (storage.LOWEST_BYTES - 1, Status.FAIL),
    ],
)
def test_given_free_space_when_checked_then_it_is_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, status: Status
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=free)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    (finding,) = check_disk(Settings(data_dir=tmp_path / "not/there/yet"))
    assert finding.status is status
