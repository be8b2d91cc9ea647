from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from asr.models.catalogue import VOSK_ARCHIVES, VOSK_LARGE, VOSK_SMALL
from asr.models.fetch import fetch_model, is_installed
from asr.models.report import FetchError, Silent
from tests.unit.asr.models.publisher import FILES, Publisher, archive, md5, publishing, sha256

GOOD = archive(FILES)


class Seen(Silent):
    def __init__(self) -> None:
        self.steps: list[tuple[str, int, int | None]] = []

    def progress(self, what: str, done: int, total: int | None) -> None:
        self.steps.append((what, done, total))


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with publishing() as publisher:
        publisher.offer(VOSK_SMALL, GOOD)
        yield publisher


@pytest.fixture(autouse=True)
def _catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    small = dataclasses.replace(
        VOSK_ARCHIVES[VOSK_SMALL], size=len(GOOD), sha256=sha256(GOOD), unpacked_size=1000
    )
    large = dataclasses.replace(VOSK_ARCHIVES[VOSK_LARGE], unpacked_size=1000)
    monkeypatch.setitem(VOSK_ARCHIVES, VOSK_SMALL, small)
    monkeypatch.setitem(VOSK_ARCHIVES, VOSK_LARGE, large)


def fetched(publisher: Publisher, folder: Path, **options: object) -> Path:
    return fetch_model(
        VOSK_SMALL,
        folder,
        Silent(),
        publisher=publisher.url,
        timeout_s=5,
        **options,  # type: ignore[arg-type]  # force and archive
    )


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != ".lock")


def test_given_a_publisher_when_fetched_then_the_model_is_there_and_nothing_else(
    publisher: Publisher, tmp_path: Path
) -> None:
    seen = Seen()
    folder = fetch_model(VOSK_SMALL, tmp_path / "m", seen, publisher=publisher.url, timeout_s=5)
    assert folder == tmp_path / "m" / VOSK_SMALL
    assert {name: (folder / name).read_bytes() for name in FILES} == FILES
    assert leftovers(tmp_path / "m") == [VOSK_SMALL]
    assert (seen.steps[0][2], seen.steps[-1][1]) == (len(GOOD), sum(map(len, FILES.values())))


def test_given_the_model_is_there_when_fetched_then_the_publisher_is_not_asked(
    publisher: Publisher, tmp_path: Path
) -> None:
    fetched(publisher, tmp_path)
    publisher.asked.clear()
    fetched(publisher, tmp_path)
    assert publisher.asked == []
    fetched(publisher, tmp_path, force=True)
    assert len(publisher.asked) == 1
    assert leftovers(tmp_path) == [VOSK_SMALL]


def test_given_a_connection_that_breaks_when_fetched_then_only_the_rest_is_asked_for(
    publisher: Publisher, tmp_path: Path
) -> None:
    publisher.break_off_after = [100_000, 150_000]
    fetched(publisher, tmp_path)
    assert [span for _, span in publisher.asked] == ["", "bytes=100000-", "bytes=250000-"]
    assert is_installed(VOSK_SMALL, tmp_path)


def test_given_a_fetch_that_failed_when_run_again_then_it_goes_on_where_it_stopped(
    publisher: Publisher, tmp_path: Path
) -> None:
    publisher.break_off_after = [50_000, 0, 0]
    with pytest.raises(FetchError, match="again and again"):
        fetched(publisher, tmp_path)
    assert leftovers(tmp_path) == [f"{VOSK_SMALL}.zip.part"]
    publisher.break_off_after = []
    fetched(publisher, tmp_path)
    assert publisher.asked[-1][1] == "bytes=50000-"


def test_given_a_server_without_ranges_when_resumed_then_fetched_from_the_start(
    publisher: Publisher, tmp_path: Path
) -> None:
    publisher.ranges = False
    publisher.break_off_after = [100_000]
    fetched(publisher, tmp_path)
    assert is_installed(VOSK_SMALL, tmp_path)


def test_given_a_damaged_part_when_resumed_then_refused_and_the_next_fetch_works(
    publisher: Publisher, tmp_path: Path
) -> None:
    (tmp_path / f"{VOSK_SMALL}.zip.part").write_bytes(b"damaged" * 1000)
    with pytest.raises(FetchError, match="sha256 differs"):
        fetched(publisher, tmp_path)
    assert leftovers(tmp_path) == []
    fetched(publisher, tmp_path)
    assert is_installed(VOSK_SMALL, tmp_path)


def test_given_a_part_longer_than_the_file_when_resumed_then_begun_anew(
    publisher: Publisher, tmp_path: Path
) -> None:
    (tmp_path / f"{VOSK_SMALL}.zip.part").write_bytes(GOOD + b"more")
    fetched(publisher, tmp_path)
    assert is_installed(VOSK_SMALL, tmp_path)


def test_given_a_changed_file_when_fetched_then_refused_before_it_is_downloaded(
    publisher: Publisher, tmp_path: Path
) -> None:
    publisher.offer(VOSK_SMALL, GOOD + b"x")
    with pytest.raises(FetchError, match="publisher has changed it"):
        fetched(publisher, tmp_path)


def test_given_a_tampered_file_of_equal_size_when_fetched_then_refused(
    publisher: Publisher, tmp_path: Path
) -> None:
    tampered = bytearray(GOOD)
    tampered[1000] ^= 1
    publisher.offer(VOSK_SMALL, bytes(tampered))
    with pytest.raises(FetchError, match="sha256 differs"):
        fetched(publisher, tmp_path)
    assert not is_installed(VOSK_SMALL, tmp_path)


def test_given_an_installed_model_when_fetching_again_fails_then_the_old_one_stays(
    publisher: Publisher, tmp_path: Path
) -> None:
    fetched(publisher, tmp_path)
    publisher.files.clear()
    with pytest.raises(FetchError, match="answers 404"):
        fetched(publisher, tmp_path, force=True)
    assert is_installed(VOSK_SMALL, tmp_path)


def test_given_nobody_listens_when_fetched_then_one_sentence_that_says_what_to_do(
    publisher: Publisher, tmp_path: Path
) -> None:
    with pytest.raises(FetchError, match=r"cannot be reached .*--archive FILE.*whisper-base") as e:
        fetch_model(VOSK_SMALL, tmp_path, Silent(), publisher="http://127.0.0.1:9", timeout_s=2)
    assert "\n" not in str(e.value)


class Hostile(NamedTuple):
    files: dict[str, bytes]
    folder: str
    words: str


@pytest.mark.parametrize(
    "case",
    [
        Hostile({**FILES, "../../escaped": b"x"}, VOSK_SMALL, "written elsewhere"),
        Hostile({**FILES, "/etc/escaped": b"x"}, "", "written elsewhere|outside"),
        Hostile(FILES, "another-model", "outside of its folder"),
        Hostile({"am/final.mdl": b"x"}, VOSK_SMALL, "no complete model: conf/mfcc.conf"),
    ],
)
def test_given_a_hostile_archive_when_unpacked_then_refused_and_nothing_is_left(
    publisher: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: Hostile
) -> None:
    content = archive(case.files, folder=case.folder)
    offered(publisher, monkeypatch, content)
    with pytest.raises(FetchError, match=case.words):
        fetched(publisher, tmp_path / "m")
    assert leftovers(tmp_path / "m") == []
    assert leftovers(tmp_path) == ["m"]


def test_given_an_archive_with_a_link_when_unpacked_then_refused(
    publisher: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import zipfile

    path = tmp_path / "linked.zip"
    with zipfile.ZipFile(path, "w") as target:
        link = zipfile.ZipInfo(f"{VOSK_SMALL}/am")
        link.external_attr = 0o120777 << 16
        target.writestr(link, "/etc")
    offered(publisher, monkeypatch, path.read_bytes())
    with pytest.raises(FetchError, match="written elsewhere"):
        fetched(publisher, tmp_path / "m")


def test_given_something_that_is_no_zip_when_unpacked_then_refused(
    publisher: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered(publisher, monkeypatch, b"<html>Not here any more</html>")
    with pytest.raises(FetchError, match="damaged"):
        fetched(publisher, tmp_path)


def offered(publisher: Publisher, monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    known = dataclasses.replace(
        VOSK_ARCHIVES[VOSK_SMALL], size=len(content), sha256=sha256(content)
    )
    monkeypatch.setitem(VOSK_ARCHIVES, VOSK_SMALL, known)
    publisher.offer(VOSK_SMALL, content)


def test_given_a_full_disk_when_fetched_then_said_before_anything_is_downloaded(
    publisher: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(
        "asr.models.fetch.shutil.disk_usage", lambda _: usage._replace(free=10_000_000)
    )
    with pytest.raises(FetchError, match="10 MB free"):
        fetched(publisher, tmp_path)
    assert publisher.asked == []


def test_given_a_folder_that_cannot_be_written_when_fetched_then_one_sentence(
    publisher: Publisher, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(FetchError, match="cannot be written to"):
        fetched(publisher, tmp_path / "file" / "models")


def test_given_the_large_model_when_fetched_then_the_publishers_list_vouches_for_it(
    publisher: Publisher, tmp_path: Path
) -> None:
    content = archive(FILES, folder=VOSK_LARGE)
    publisher.offer(VOSK_LARGE, content)
    publisher.list_models(name=VOSK_LARGE, md5=md5(content), size=len(content))
    fetch_model(VOSK_LARGE, tmp_path, Silent(), publisher=publisher.url, timeout_s=5)
    assert is_installed(VOSK_LARGE, tmp_path)
    publisher.list_models(name=VOSK_LARGE, md5="f" * 32)
    with pytest.raises(FetchError, match="md5 differs"):
        fetch_model(
            VOSK_LARGE, tmp_path, Silent(), publisher=publisher.url, timeout_s=5, force=True
        )


def test_given_no_checksum_in_the_list_when_the_large_model_is_fetched_then_refused(
    publisher: Publisher, tmp_path: Path
) -> None:
    publisher.offer(VOSK_LARGE, archive(FILES, folder=VOSK_LARGE))
    publisher.list_models(name="something else")
    with pytest.raises(FetchError, match="no checksum"):
        fetch_model(VOSK_LARGE, tmp_path, Silent(), publisher=publisher.url, timeout_s=5)


def test_given_an_archive_brought_by_hand_when_installed_then_no_network_and_it_is_kept(
    publisher: Publisher, tmp_path: Path
) -> None:
    brought = tmp_path / "brought.zip"
    brought.write_bytes(GOOD)
    fetched(publisher, tmp_path / "m", archive=brought)
    assert is_installed(VOSK_SMALL, tmp_path / "m")
    assert brought.exists()
    assert publisher.asked == []
    with pytest.raises(FetchError, match="there is no file"):
        fetched(publisher, tmp_path / "n", archive=tmp_path / "nothing.zip")


def test_given_an_unknown_name_when_fetched_then_the_known_ones_are_named(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=VOSK_SMALL):
        fetch_model("vosk-model-xx", tmp_path, Silent())
