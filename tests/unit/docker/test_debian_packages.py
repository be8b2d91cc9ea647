from pathlib import Path

import debian_packages
import pytest
from debian_packages import CannotProvideError, own_mirrors, sources

DEB822 = """\
# made at installation
Types: deb
# http://snapshot.example/archive/20250520
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://security.example/debian-security
Suites: bookworm-security
Components: main
"""


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    (tmp_path / "sources.list.d").mkdir()
    return tmp_path


def test_given_deb822_sources_when_read_then_the_release_mirror_is_taken(etc: Path) -> None:
    (etc / "sources.list.d/debian.sources").write_text(DEB822)
    assert own_mirrors(etc, {"bookworm"}) == ["http://mirror.example/debian"]


def test_given_folded_fields_when_read_then_they_are_read_whole(etc: Path) -> None:
    (etc / "sources.list.d/ubuntu.sources").write_text(
        "Types: deb deb-src\nURIs:\n http://a.example/ubuntu/\n http://b.example/ubuntu\n"
        "Suites: noble noble-updates\nComponents: main universe\n"
    )
    assert own_mirrors(etc, {"noble"}) == ["http://a.example/ubuntu", "http://b.example/ubuntu"]


def test_given_one_line_sources_when_read_then_options_and_comments_are_passed_over(
    etc: Path,
) -> None:
    (etc / "sources.list").write_text(
        "#deb http://old.example/debian bookworm main\n"
        "deb-src http://source.example/debian bookworm main\n"
        "deb [arch=amd64 signed-by=/x.gpg] http://mirror.example/debian/ bookworm main contrib\n"
        "deb http://mirror.example/debian bookworm-updates main\n"
    )
    assert own_mirrors(etc, {"bookworm"}) == ["http://mirror.example/debian"]


def test_given_a_release_by_another_of_its_names_when_read_then_its_mirror_is_taken(
    etc: Path,
) -> None:
    (etc / "sources.list").write_text("deb http://mirror.example/debian stable main\n")
    assert own_mirrors(etc, {"trixie", "stable"}) == ["http://mirror.example/debian"]


def test_given_a_file_of_mirrors_when_read_then_the_mirrors_in_it_are_taken(etc: Path) -> None:
    mirrors = etc / "mirrors.list"
    mirrors.write_text("# ours\nhttp://a.example/debian\n\nhttp://b.example/debian/\tpriority:2\n")
    (etc / "sources.list").write_text(
        f"deb mirror+file:{mirrors} bookworm main\ndeb mirror+file:{etc}/none bookworm main\n"
    )
    assert own_mirrors(etc, {"bookworm"}) == ["http://a.example/debian", "http://b.example/debian"]


@pytest.mark.parametrize("text", ["", "\x00\xff", "deb", "Types: deb\n", "Suites: bookworm\n\n\n"])
def test_given_nonsense_when_read_then_nothing_is_found(etc: Path, text: str) -> None:
    (etc / "sources.list.d/x.sources").write_bytes(text.encode("latin-1"))
    (etc / "sources.list").write_bytes(text.encode("latin-1"))
    assert own_mirrors(etc, {"bookworm"}) == []


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr(Path, "is_file", lambda _: True)
    return monkeypatch


def release(host: pytest.MonkeyPatch, *mirrors: str, **values: str) -> None:
    host.setattr(debian_packages, "own_mirrors", lambda *_: list(mirrors))
    host.setattr(debian_packages, "os_release", lambda: values)


def test_given_debian_12_when_asked_then_a_release_with_asterisk_is_taken_from_its_own_mirror(
    host: pytest.MonkeyPatch,
) -> None:
    # other publishers name the same release; theirs are no mirrors of Debian
    mirrors = ["http://other.example/apt", "http://a.example/debian", "http://b.example/debian"]
    release(host, *mirrors, ID="debian", VERSION_CODENAME="bookworm")
    ring = "/usr/share/keyrings/debian-archive-keyring.gpg"
    assert sources() == [
        [f"deb [signed-by={ring}] http://a.example/debian forky main"],
        [f"deb [signed-by={ring}] http://b.example/debian forky main"],
    ]


def test_given_debian_12_when_asked_for_the_host_then_its_own_release(
    host: pytest.MonkeyPatch,
) -> None:
    release(host, "http://mirror.example/debian", ID="debian", VERSION_CODENAME="bookworm")
    assert sources(for_host=True) == [
        [
            "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] "
            "http://mirror.example/debian bookworm main"
        ]
    ]


@pytest.mark.parametrize("place", ["http://mirror.example/ubuntu", "http://m.example/ubuntu-ports"])
def test_given_ubuntu_when_asked_then_its_own_release_with_universe(
    host: pytest.MonkeyPatch, place: str
) -> None:
    release(host, place, ID="ubuntu", ID_LIKE="debian", VERSION_CODENAME="noble")
    ring = "/usr/share/keyrings/ubuntu-archive-keyring.gpg"
    assert sources() == [
        [
            f"deb [signed-by={ring}] {place} noble main universe",
            f"deb [signed-by={ring}] {place} noble-updates main universe",
        ]
    ]


@pytest.mark.parametrize(
    ("system", "codename", "line"),
    [
        ("debian", "bookworm", "'deb MIRROR bookworm main'"),
        ("ubuntu", "noble", "'deb MIRROR noble main universe'"),
    ],
)
def test_given_no_mirror_in_apts_sources_when_asked_then_it_says_which_line_to_add_where(
    host: pytest.MonkeyPatch, system: str, codename: str, line: str
) -> None:
    release(host, "http://other.example/apt", ID=system, VERSION_CODENAME=codename)
    with pytest.raises(CannotProvideError) as raised:
        sources()
    assert f"add the line {line} to /etc/apt/sources.list" in str(raised.value)
    assert str(raised.value).endswith(f"ends in /{system}")


def test_given_another_system_when_asked_then_it_says_what_to_do(host: pytest.MonkeyPatch) -> None:
    release(host, ID="fedora")
    with pytest.raises(CannotProvideError, match="this is fedora; install Asterisk 20 or newer"):
        sources()


def test_given_no_keyring_when_asked_then_nothing_unsigned_is_taken(
    host: pytest.MonkeyPatch,
) -> None:
    release(host, ID="debian", VERSION_CODENAME="bookworm")
    host.setattr(Path, "is_file", lambda _: False)
    with pytest.raises(CannotProvideError, match="install the package debian-archive-keyring"):
        sources()


def test_given_too_little_space_when_unpacking_then_refused_before_anything_is_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(debian_packages, "NEEDED_FREE_BYTES", 1 << 60)
    with pytest.raises(CannotProvideError, match="must be free"):
        debian_packages.unpacked(tmp_path, ["asterisk"])
    assert list(tmp_path.iterdir()) == []


def test_given_a_failing_download_when_unpacking_then_nothing_is_left_and_the_old_tree_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "root/old").touch()
    (tmp_path / "x.partial").mkdir()

    def no_network(work: Path, *_: object, for_host: bool) -> list[Path]:
        (work / "cache").mkdir()
        raise CannotProvideError("no network")

    monkeypatch.setattr(debian_packages, "download", no_network)
    with pytest.raises(CannotProvideError, match="no network"):
        debian_packages.unpacked(tmp_path, ["asterisk"])
    assert [path.name for path in tmp_path.rglob("*")] == ["root", "old"]


def test_given_no_apt_when_unpacking_then_the_missing_tool_and_the_ways_out_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CannotProvideError, match="without apt-get it cannot be fetched; install"):
        debian_packages.unpacked(tmp_path, ["asterisk"])
