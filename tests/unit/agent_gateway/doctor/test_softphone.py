from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent_gateway.doctor import Status
from agent_gateway.doctor.softphone import check_softphone
from config.settings import Settings, SoftphoneSettings

SWITCHES = b"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Protocol: sip\r\n\r\n"
IS_NONE = b"HTTP/1.1 404 Not Found\r\n\r\n"


@contextmanager
def answering(said: bytes, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """A server that says this to one client."""

    def answer() -> None:
        plain, _ = server.accept()
        try:
            with context.wrap_socket(plain, server_side=True) if context else plain as line:
                line.recv(4096)
                line.sendall(said)
                line.recv(1)
        except OSError:
            plain.close()  # who does not trust the certificate goes

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=answer)
        thread.start()
        yield server.getsockname()[1]
        thread.join(10)


@pytest.fixture
def settings(tmp_path: Path) -> Callable[..., Settings]:
    library = tmp_path / "softphone/jssip.js"
    library.parent.mkdir()
    library.touch()

    def made(**values: object) -> Settings:
        softphone = SoftphoneSettings.model_validate(values)
        return Settings(install_dir=tmp_path, data_dir=tmp_path, softphone=softphone)

    return made


def certificate(folder: Path, days: int) -> dict[str, object]:
    files = {"certificate": folder / f"{days}.pem", "key": folder / f"{days}.key"}
    command = ["openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt"]
    command += ["ec_paramgen_curve:prime256v1", "-subj", "/CN=hotline.example"]
    command += ["-days", str(days), "-out", str(files["certificate"]), "-keyout", str(files["key"])]
    subprocess.run(command, check=True, capture_output=True)
    return {**files, "url": "wss://hotline.example/ws"}


def serving(files: dict[str, object]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(str(files["certificate"]), str(files["key"]))
    return context


@pytest.mark.parametrize(("said", "status"), [(SWITCHES, Status.OK), (IS_NONE, Status.FAIL)])
def test_given_a_server_when_checked_then_it_must_be_a_websocket_for_sip(
    settings: Callable[..., Settings], said: bytes, status: Status
) -> None:
    with answering(said) as port:
        (finding,) = check_softphone(settings(port=port))
    assert finding.status is status


def test_given_nobody_or_no_library_when_checked_then_it_says_what_to_do(
    settings: Callable[..., Settings],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    made = settings(port=port)
    (made.softphone_dir / "jssip.js").unlink()
    library, websocket = check_softphone(made)
    assert (library.status, websocket.status) == (Status.WARN, Status.FAIL)
    assert "hotline run" in websocket.mend
    (off,) = check_softphone(settings(enabled=False))
    assert off.status is Status.OK


def test_given_certificates_when_checked_then_one_that_ends_soon_or_is_another_s_is_told(
    settings: Callable[..., Settings], tmp_path: Path
) -> None:
    long, short = certificate(tmp_path, 90), certificate(tmp_path, 3)
    cases = ((long, long, Status.OK), (short, short, Status.WARN), (long, short, Status.FAIL))
    for named, served, status in cases:
        with answering(SWITCHES, serving(served)) as port:
            (finding,) = check_softphone(settings(port=port, **named))
        assert finding.status is status, finding
