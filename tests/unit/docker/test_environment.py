import shutil
from pathlib import Path

import environment
import pytest
from environment import CannotInstallError, Environment, explain

LOCK = "setuptools==1.0 \\\n    --hash=sha256:00\naiohttp==3.0 \\\n    --hash=sha256:11\n"


class Recording(Environment):
    """Notes what would be installed instead of installing it."""

    def __init__(self, project: Path) -> None:
        super().__init__(project)
        self.done: list[tuple[str, ...]] = []
        self.created = 0
        self.whole = True

    def _usable(self) -> bool:
        return self.whole and self.folder.is_dir()

    def _create(self) -> None:
        self.created += 1
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        self.whole = True

    def _pip(self, label: str, total: int, *arguments: str) -> None:
        self.done.append(arguments)


@pytest.fixture
def project(tmp_path: Path) -> Recording:
    for name in ("requirements.lock", "requirements-dev.lock"):
        (tmp_path / name).write_text(LOCK)
    (tmp_path / "pyproject.toml").write_text("")
    return Recording(tmp_path)


def test_given_nothing_when_ensured_then_everything_is_installed_by_hash(
    project: Recording,
) -> None:
    project.ensure(dev=False)
    builder, packages, itself = project.done
    assert "--require-hashes" in builder
    assert "--require-hashes" in packages
    assert str(project.project / "requirements.lock") in packages
    assert "--no-deps" in itself
    assert "--editable" in itself
    assert (project.folder / "build.lock").read_text() == LOCK[: LOCK.index("aiohttp")]


def test_given_it_is_installed_when_ensured_then_nothing_is_done(project: Recording) -> None:
    project.ensure(dev=False)
    project.done.clear()
    project.ensure(dev=False)
    assert project.done == []
    assert project.created == 1


def test_given_the_tests_needs_are_there_when_only_running_is_asked_then_nothing_is_done(
    project: Recording,
) -> None:
    project.ensure(dev=True)
    project.done.clear()
    project.ensure(dev=False)
    project.ensure(dev=True)
    assert project.done == []


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_given_a_changed_file_when_ensured_then_the_environment_is_brought_up_to_it(
    project: Recording, name: str
) -> None:
    project.ensure(dev=False)
    project.done.clear()
    with (project.project / name).open("a") as file:
        file.write("# changed\n")
    project.ensure(dev=False)
    assert len(project.done) == 3
    assert project.created == 1, "what is there is kept"


def test_given_a_broken_environment_when_ensured_then_it_is_made_anew(project: Recording) -> None:
    project.ensure(dev=False)
    project.whole = False
    project.ensure(dev=False)
    assert project.created == 2


def test_given_an_interrupted_install_when_ensured_then_it_is_not_taken_for_complete(
    project: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.ensure(dev=False)
    (project.project / "requirements.lock").write_text(LOCK + "\n")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(project, "_pip", interrupted)
        with pytest.raises(KeyboardInterrupt):
            project.ensure(dev=False)
    project.done.clear()
    project.ensure(dev=False)
    assert len(project.done) == 3


def test_given_too_little_space_when_ensured_then_refused_before_anything_is_made(
    project: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "NEEDED_FREE_BYTES", 1 << 60)
    with pytest.raises(CannotInstallError, match="make room and run it again"):
        project.ensure(dev=False)
    assert project.created == 0


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("ERROR: due to an OSError: [Errno 28] No space left on device", "disk is full"),
        ("WARNING: … NewConnectionError(…)\nERROR: No matching distribution", "check network"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM …", "not the locked one"),
        ("ERROR: No matching distribution found for ctranslate2==4.8.5", "ctranslate2"),
        ("ERROR: something else", "something else"),
        ("", "pip failed"),
    ],
)
def test_given_pips_complaint_when_explained_then_it_says_what_to_do(said: str, meant: str) -> None:
    assert meant in explain(said.splitlines())
