import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agent_gateway.supervisor import ServiceError, ServiceProcess
from agent_gateway.supervisor import service_process as module

FAKE = "tests.unit.agent_gateway.supervisor.fake_service"


@pytest.fixture
async def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ServiceProcess]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("FAKE_PORT", str(port))
    made = ServiceProcess(FAKE, "0.0.0.0", port, tmp_path / "log/service.log")
    yield made
    await made.kill()


async def test_given_it_starts_when_ready_then_it_answers_and_its_words_are_in_the_file(
    service: ServiceProcess,
) -> None:
    await service.start()
    await service.ready(20)
    assert service.pid is not None
    assert "my last words" in service.log_tail()
    await service.stop(10)
    assert service.pid is None
    assert not await service.answers()


async def test_given_it_dies_at_once_when_waited_for_then_the_error_has_its_last_words(
    service: ServiceProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_MODE", "dies")
    await service.start()
    with pytest.raises(ServiceError, match="my last words"):
        await service.ready(20)
    assert await service.wait() == 3


async def test_given_it_ignores_the_request_when_stopped_then_it_is_ended_anyway(
    service: ServiceProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_MODE", "ignores-term")
    await service.start()
    await service.ready(20)
    await service.stop(0.2)
    assert service.pid is None


async def test_given_a_peer_that_only_listens_when_asked_then_it_does_not_count_as_an_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "HEALTH_DEADLINE_S", 0.2)
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen(1)
        assert not await ServiceProcess(FAKE, "127.0.0.1", mute.getsockname()[1], None).answers()


def test_given_a_log_over_its_limit_when_trimmed_then_one_older_file_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOG_LIMIT_BYTES", 10)
    file = tmp_path / "service.log"
    service = ServiceProcess(FAKE, "127.0.0.1", 1, file)
    with file.open("a") as written:  # as the service has it open
        written.write("0123456789A")
        written.flush()
        service.trim_log()
        written.write("new\n")
    assert file.read_text() == "new\n"
    assert (tmp_path / "service.log.1").read_text() == "0123456789A"
    service.trim_log()
    assert file.read_text() == "new\n"
