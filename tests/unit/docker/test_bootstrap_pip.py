import hashlib
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import bootstrap_pip
import debian_packages
import pytest
from bootstrap_pip import FILE, JSON_FORM, CannotBootstrapError, download, option, shown
from debian_packages import CannotProvideError

WHEEL = b"the wheel's bytes"


class Index(http.server.BaseHTTPRequestHandler):
    pages: dict[str, tuple[str, bytes]]
    logins: list[str | None]

    def do_GET(self) -> None:
        self.logins.append(self.headers.get("Authorization"))
        kind, body = self.pages.get(self.path, ("", b""))
        self.send_response(200 if kind else 404)
        self.send_header("Content-Type", kind or "text/plain")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def index() -> Iterator[str]:
    Index.pages = {f"/files/{FILE}": ("application/zip", WHEEL)}
    Index.logins = []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Index) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def page_of_html(link: str) -> tuple[str, bytes]:
    page = f'<html><a href="../pip-1.0.tar.gz">x</a><a href="{link}#sha256=00">y</a></html>'
    return "text/html; charset=utf-8", page.encode()


def test_given_an_index_of_html_when_fetched_then_relative_links_are_followed(index: str) -> None:
    Index.pages["/simple/pip/"] = page_of_html(f"../../files/{FILE}")
    assert download(f"http://{index}/simple/") == WHEEL


def test_given_an_index_of_json_when_fetched_then_it_is_understood(index: str) -> None:
    files = {"files": [{"url": "/files/pip-1.0.zip"}, {"url": f"/files/{FILE}"}]}
    Index.pages["/simple/pip/"] = (JSON_FORM, json.dumps(files).encode())
    assert download(f"http://{index}/simple") == WHEEL


def test_given_a_login_in_the_address_when_fetched_then_it_is_sent_and_never_shown(
    index: str,
) -> None:
    Index.pages["/simple/pip/"] = page_of_html(f"http://{index}/files/{FILE}")
    address = f"http://somebody:geheim@{index}/simple"
    assert download(address) == WHEEL
    assert Index.logins[0] == "Basic c29tZWJvZHk6Z2VoZWlt"
    assert Index.logins[1] is None, "another address gets no login"
    assert "geheim" not in shown(address)


def test_given_another_file_when_bootstrapped_then_refused_and_nothing_is_run(
    index: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Index.pages["/simple/pip/"] = page_of_html(f"/files/{FILE}")
    monkeypatch.setenv("PIP_INDEX_URL", f"http://{index}/simple")
    with pytest.raises(CannotBootstrapError, match="not the published one"):
        bootstrap_pip.bootstrap_pip(Path("/no/such/python"))


def called_by(folder: Path) -> str:
    """Bootstrap with a Python that notes its arguments and what is in the wheel."""
    log, python = folder / "called", folder / "python"
    python.write_text(f'#!/bin/sh\necho "$@" > {log}\ncat "${{1%/pip}}" >> {log}\n')
    python.chmod(0o755)
    bootstrap_pip.bootstrap_pip(python)
    return log.read_text()


def test_given_the_pinned_file_when_bootstrapped_then_the_environments_python_runs_it(
    index: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    Index.pages["/simple/pip/"] = page_of_html(f"/files/{FILE}")
    monkeypatch.setenv("PIP_INDEX_URL", f"http://{index}/simple")
    monkeypatch.setattr(bootstrap_pip, "SHA256", hashlib.sha256(WHEEL).hexdigest())
    called = called_by(tmp_path)
    assert f"{FILE}/pip install --quiet --no-index" in called
    assert called.endswith(WHEEL.decode())


@pytest.mark.parametrize("page", [("text/html", b"<a href='x'>"), (JSON_FORM, b"{")])
def test_given_an_index_without_it_when_bootstrapped_then_it_says_what_to_do(
    index: str, monkeypatch: pytest.MonkeyPatch, page: tuple[str, bytes]
) -> None:
    Index.pages["/simple/pip/"] = page
    monkeypatch.setenv("PIP_INDEX_URL", f"http://{index}/simple")
    with pytest.raises(CannotBootstrapError, match="or install the package python3-venv"):
        bootstrap_pip.bootstrap_pip(Path("/no/such/python"))


def test_given_pips_own_configuration_when_read_then_the_environment_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "pip.conf"
    file.write_text("[global]\nindex-url = http://file.example/simple\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(file))
    monkeypatch.delenv("PIP_INDEX_URL", raising=False)
    assert option("index-url") == "http://file.example/simple"
    monkeypatch.setenv("PIP_INDEX_URL", "http://environment.example/simple")
    assert option("index-url") == "http://environment.example/simple"


@pytest.fixture
def no_index(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """A Debian without an index in pip's configuration and without pip's wheel."""
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.delenv("PIP_INDEX_URL", raising=False)
    monkeypatch.setattr(bootstrap_pip, "HOST_WHEELS", Path("/usr/share/python-wheels-absent"))
    monkeypatch.setattr(debian_packages, "os_release", lambda: {"ID": "debian"})
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("apt-get", "dpkg-deb"):
        (programs / name).write_text("#!/bin/sh\nexit 1\n")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    return monkeypatch


def test_given_no_index_when_bootstrapped_then_the_distributions_own_package_is_taken(
    no_index: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[tuple[list[str], bool]] = []

    def fetched(work: Path, packages: list[str], _: str, *, for_host: bool) -> list[Path]:
        asked.append((packages, for_host))
        return [work / "ca-certificates_1_all.deb", work / "python3-pip-whl_1_all.deb"]

    def unpacked(argv: list[str], _: str) -> str:
        folder = Path(argv[3]) / "usr/share/python-wheels-absent"
        folder.mkdir(parents=True, exist_ok=True)
        if "pip-whl" in argv[2]:
            (folder / "pip-23.0.1-py3-none-any.whl").write_bytes(WHEEL)
        return ""

    no_index.setattr(debian_packages, "download", fetched)
    no_index.setattr(debian_packages, "run", unpacked)
    called = called_by(tmp_path)
    assert asked == [(["python3-pip-whl"], True)]
    assert "pip-23.0.1-py3-none-any.whl/pip install --quiet --no-index --no-deps /" in called
    assert called.endswith(WHEEL.decode())


def test_given_the_host_has_that_package_when_bootstrapped_then_nothing_is_fetched(
    no_index: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "pip-25.1-py3-none-any.whl").write_bytes(WHEEL)
    no_index.setattr(bootstrap_pip, "HOST_WHEELS", tmp_path)
    assert called_by(tmp_path).startswith(f"{tmp_path}/pip-25.1-py3-none-any.whl/pip install")


@pytest.mark.parametrize("lacking", ["the tools", "the family"])
def test_given_another_system_without_an_index_when_bootstrapped_then_python3_venv_is_named(
    no_index: pytest.MonkeyPatch, tmp_path: Path, lacking: str
) -> None:
    if lacking == "the tools":
        no_index.setenv("PATH", str(tmp_path))
    else:
        no_index.setattr(debian_packages, "os_release", lambda: {"ID": "fedora"})
    with pytest.raises(CannotBootstrapError, match="install the package python3-venv"):
        bootstrap_pip.bootstrap_pip(Path("/no/such/python"))


def test_given_a_failing_download_when_bootstrapped_then_its_cause_and_the_way_out_are_told(
    no_index: pytest.MonkeyPatch,
) -> None:
    def no_network(*_: object, for_host: bool) -> list[Path]:
        raise CannotProvideError("cannot reach the package mirror")

    no_index.setattr(debian_packages, "download", no_network)
    with pytest.raises(
        CannotBootstrapError, match=r"mirror\n  or install the package python3-venv"
    ):
        bootstrap_pip.bootstrap_pip(Path("/no/such/python"))


def test_given_a_package_without_the_wheel_when_bootstrapped_then_it_says_what_to_do(
    no_index: pytest.MonkeyPatch,
) -> None:
    no_index.setattr(debian_packages, "download", lambda *_, **__: [])
    with pytest.raises(CannotBootstrapError, match="holds no pip; install the package"):
        bootstrap_pip.bootstrap_pip(Path("/no/such/python"))
