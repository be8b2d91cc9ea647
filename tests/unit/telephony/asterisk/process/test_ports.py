import socket
from collections.abc import Iterator

import pytest

from config.settings import AsteriskSettings, Settings
from telephony.asterisk.process import PortUse, port_troubles, service_ports, telephone_ports


@pytest.fixture
def tcp_port() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        yield taken.getsockname()[1]


def test_given_a_listening_program_when_checked_then_the_setting_is_named(tcp_port: int) -> None:
    use = PortUse("tcp", "127.0.0.1", tcp_port, "web.port", "web.host")
    assert port_troubles([use]) == [
        f"TCP port {tcp_port} on 127.0.0.1 is taken by another program; "
        "stop that or change web.port"
    ]


def test_given_a_taken_sip_port_when_checked_then_the_setting_is_named() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        settings = Settings(asterisk=AsteriskSettings(sip_port=port, ami_port=1))
        troubles = port_troubles(telephone_ports(settings)[:1])
    assert len(troubles) == 1
    assert "change asterisk.sip_port" in troubles[0]


def test_given_free_ports_when_checked_then_no_trouble(tcp_port: int) -> None:
    free = tcp_port  # as UDP it is free
    assert port_troubles([PortUse("udp", "127.0.0.1", free, "a", "b")]) == []


def test_given_a_closed_connection_when_checked_then_its_last_traces_are_no_trouble() -> None:
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", 0))
        server.listen(1)
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            accepted, _ = server.accept()
            accepted.close()  # the server's end closes first and stays in TIME_WAIT
    assert port_troubles([PortUse("tcp", "127.0.0.1", port, "a", "b")]) == []


def test_given_a_foreign_address_when_checked_then_the_bind_setting_is_named() -> None:
    use = PortUse("tcp", "192.0.2.1", 8080, "web.port", "web.host")
    assert port_troubles([use]) == ["192.0.2.1 is no address of this machine; change web.host"]


def test_given_default_settings_when_listed_then_every_listening_port_is_there() -> None:
    settings = Settings()
    ports = {use.port for use in (*telephone_ports(settings), *service_ports(settings))}
    assert ports == {5060, 5038, 8088, 4573, 9292, 8080}
