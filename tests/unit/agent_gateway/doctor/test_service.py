import http.server
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent_gateway.doctor import Status
from agent_gateway.doctor.service import check_agi, check_ports, check_service
from agent_gateway.supervisor import only_supervisor
from config.settings import (
    AgiSettings,
    AsteriskSettings,
    AudioSocketSettings,
    Settings,
    WebSettings,
)


class Health(http.server.BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status if self.path == "/healthz" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A port each that nobody listens on."""
    with socket.socket() as a, socket.socket() as b, socket.socket() as c:
        for one in (a, b, c):
            one.bind(("127.0.0.1", 0))
        agi, audio, web = (one.getsockname()[1] for one in (a, b, c))
    return Settings(
        data_dir=tmp_path,
        agi=AgiSettings(port=agi),
        audiosocket=AudioSocketSettings(port=audio),
        web=WebSettings(port=web),
        asterisk=AsteriskSettings(managed=False),
    )


@pytest.fixture
def web(settings: Settings) -> Iterator[type[Health]]:
    class Answer(Health):
        pass

    with http.server.HTTPServer(("127.0.0.1", settings.web.port), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield Answer
        server.shutdown()
        thread.join()


def test_given_nothing_runs_when_checked_then_it_says_how_to_start(settings: Settings) -> None:
    (finding,) = check_service(settings)
    assert (finding.status, finding.mend) == (Status.FAIL, "hotline run")
    (finding,) = check_agi(settings)
    assert (finding.status, finding.mend) == (Status.FAIL, "hotline run")
    (finding,) = check_ports(settings)
    assert finding.status is Status.OK


def test_given_a_stranger_on_a_port_when_nothing_runs_then_the_setting_is_named(
    settings: Settings, web: type[Health]
) -> None:
    (finding,) = check_ports(settings)
    assert finding.status is Status.FAIL
    assert "web.port" in finding.mend


def test_given_it_runs_when_checked_then_its_own_ports_are_no_trouble(
    settings: Settings, web: type[Health]
) -> None:
    with only_supervisor(settings.data_dir):
        (finding,) = check_ports(settings)
        assert finding.status is Status.OK
        (finding,) = check_service(settings)
        assert finding.status is Status.OK
        assert str(os.getpid()) in finding.message


def test_given_a_part_does_not_work_when_checked_then_a_warning(
    settings: Settings, web: type[Health]
) -> None:
    web.status = 503
    with only_supervisor(settings.data_dir):
        (finding,) = check_service(settings)
    assert finding.status is Status.WARN
    assert "503" in finding.message


def test_given_the_service_is_gone_when_checked_then_the_log_is_named(settings: Settings) -> None:
    with only_supervisor(settings.data_dir):
        (finding,) = check_service(settings)
        assert finding.status is Status.FAIL
        assert "service.log" in finding.mend
        (finding,) = check_agi(settings)
        assert finding.status is Status.FAIL
        assert str(settings.agi.port) in finding.message


def test_given_a_frozen_service_when_its_agi_port_is_asked_then_it_fails(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent_gateway.doctor.service.ANSWER_S", 0.2)
    with socket.socket() as frozen:
        frozen.bind(("127.0.0.1", settings.agi.port))
        frozen.listen(5)  # the kernel accepts; nobody answers
        with only_supervisor(settings.data_dir):
            (finding,) = check_agi(settings)
    assert finding.status is Status.FAIL


async def test_given_the_real_agi_server_when_asked_then_well(settings: Settings) -> None:
    import asyncio

    from ivr.fastagi import AgiServer

    server = AgiServer(settings.agi.host, settings.agi.port)
    await server.start()
    try:
        with only_supervisor(settings.data_dir):
            (finding,) = await asyncio.to_thread(lambda: list(check_agi(settings)))
    finally:
        await server.stop()
    assert finding.status is Status.OK
