from uuid import uuid4

from structlog.testing import capture_logs

from asr.audiosocket import ExpectedStreams
from tests.unit.asr.listeners import Recorded


def test_given_an_announced_stream_when_claimed_twice_then_only_the_first_gets_it() -> None:
    expected, stream_id, listener = ExpectedStreams(), uuid4(), Recorded()
    expected.announce(stream_id, listener)
    assert expected.claim(stream_id) is listener
    assert expected.claim(stream_id) is None


def test_given_an_announced_stream_when_it_expires_then_it_is_forgotten_and_said() -> None:
    now = 0.0
    expected = ExpectedStreams(expiry_s=30, clock=lambda: now)
    stream_id = uuid4()
    expected.announce(stream_id, Recorded())
    now = 29.9
    assert len(expected) == 1
    now = 30.0
    with capture_logs() as logs:
        assert expected.claim(stream_id) is None
    assert [entry["event"] for entry in logs] == ["audiosocket.stream_never_came"]
    assert len(expected) == 0


def test_given_a_withdrawn_stream_when_claimed_then_nobody_listens() -> None:
    expected, stream_id = ExpectedStreams(), uuid4()
    expected.announce(stream_id, Recorded())
    expected.withdraw(stream_id)
    assert expected.claim(stream_id) is None
