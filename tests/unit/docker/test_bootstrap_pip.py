import hashlib
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import bootstrap_pip
import pytest
from bootstrap_pip import FILE, JSON_FORM, CannotBootstrapError, download, option, shown

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


def test_given_the_pinned_file_when_bootstrapped_then_the_environments_python_runs_it(
    index: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    Index.pages["/simple/pip/"] = page_of_html(f"/files/{FILE}")
    monkeypatch.setenv("PIP_INDEX_URL", f"http://{index}/simple")
    monkeypatch.setattr(bootstrap_pip, "SHA256", hashlib.sha256(WHEEL).hexdigest())
    python = tmp_path / "python"
    log = tmp_path / "called"
    python.write_text(f'#!/bin/sh\necho "$@" > {log}\ncat "${{1%/pip}}" >> {log}\n')
    python.chmod(0o755)
    bootstrap_pip.bootstrap_pip(python)
    called = log.read_text()
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
