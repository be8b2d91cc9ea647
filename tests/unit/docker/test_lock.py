import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

PROJECT = Path(__file__).parents[3]
DECLARED = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCKS = ("requirements.lock", "requirements-dev.lock")


def locked(name: str) -> dict[str, set[str]]:
    """Package -> its locked versions, which differ by Python version at most."""
    found: dict[str, set[str]] = {}
    for line in (PROJECT / name).read_text(encoding="utf-8").splitlines():
        if one := re.match(r"([a-z0-9-]+)(?:\[.*\])?==([^ ;\\]+)", line):
            found.setdefault(one[1], set()).add(one[2])
    return found


@pytest.mark.parametrize("name", LOCKS)
def test_given_the_declared_packages_when_locked_then_each_is_there_and_fits(name: str) -> None:
    wanted = [*DECLARED["dependencies"]]
    wanted += DECLARED["optional-dependencies"]["dev" if "dev" in name else "postgres"]
    versions = locked(name)
    for text in wanted:
        requirement = Requirement(text)
        got = versions.get(requirement.name.lower().replace("_", "-"), set())
        assert got, f"{text} is not in {name}; run: make lock"
        assert all(version in requirement.specifier for version in got), f"{text}: run make lock"


@pytest.mark.parametrize("name", LOCKS)
def test_given_a_lock_when_read_then_every_package_has_hashes_and_no_address(name: str) -> None:
    text = (PROJECT / name).read_text(encoding="utf-8")
    assert "://" not in text
    assert "index-url" not in text
    blocks = re.split(r"(?m)^(?=[a-z0-9])", text)[1:]
    assert blocks
    for block in blocks:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", block), block.splitlines()[0]


def test_given_both_locks_when_compared_then_what_runs_is_what_is_tested() -> None:
    run, test = (locked(name) for name in LOCKS)
    assert {name: test.get(name) for name in run} == run


def test_given_the_lock_when_read_then_no_deep_learning_framework_comes_along() -> None:
    assert not {"torch", "tensorflow", "nvidia-cublas-cu12"} & locked("requirements.lock").keys()
