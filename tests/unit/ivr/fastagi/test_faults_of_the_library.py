"""Each fault of stock panoramisk, shown on it first and then absent here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from panoramisk.fast_agi import Application, Request

from ivr.fastagi.errors import AgiProtocolError, AgiRefused, CallerGone
from ivr.fastagi.library import CheckedApplication, CheckedRequest
from ivr.fastagi.session import AgiSession
from ivr.fastagi.wire import command_line


class Sink:
    """A writer that keeps what was written."""

    def __init__(self) -> None:
        self.sent = b""
        self.closed = False
        self.transport = self

    def write(self, data: bytes) -> None:
        self.sent += data

    async def drain(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True

    async def wait_closed(self) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return 0

    def abort(self) -> None:
        self.closed = True

    def get_extra_info(self, name: str) -> str:
        return name


class SpinError(Exception):
    """The end of the stream was read again and again."""


class CountingReader(asyncio.StreamReader):
    """A stream at its end that notices being read in circles, which would freeze the loop."""

    ends = 0

    async def read(self, n: int = -1) -> bytes:
        data = await super().read(n)
        if not data:
            self.ends += 1
            if self.ends > 100:
                raise SpinError
        return data


def fed(data: bytes, *, end: bool = True) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    if end:
        reader.feed_eof()
    return reader


def stock(data: bytes) -> Any:
    return Request(None, {}, fed(data), Sink())


def checked(data: bytes, *, end: bool = True) -> CheckedRequest:
    return CheckedRequest(None, {}, fed(data, end=end), Sink())


def session(data: bytes, *, end: bool = True) -> AgiSession:
    return AgiSession(checked(data, end=end))


async def test_stock_when_a_connection_closes_without_headers_then_the_loop_spins() -> None:
    reader = CountingReader()
    reader.feed_eof()
    with pytest.raises(SpinError):
        await Application(loop=asyncio.get_running_loop()).handler(reader, Sink())


async def test_when_a_connection_closes_without_headers_then_it_is_closed() -> None:
    reader = CountingReader()
    reader.feed_eof()
    sink = Sink()
    application: Any = CheckedApplication(loop=asyncio.get_running_loop())
    await application.handler(reader, sink)
    assert sink.closed


HANGUP_IN_PLAYBACK = (
    b"200 result=1\n"  # the lease, which only our session asks for
    b"200 result=-1 endpos=4000\nHANGUP\n200 result=1 (first)\n200 result=1 (second)\n"
)


async def test_stock_when_hung_up_in_playback_then_answers_are_one_behind() -> None:
    request = stock(HANGUP_IN_PLAYBACK.split(b"\n", 1)[1])
    assert (await request.send_command("STREAM FILE x 0"))["error"] == "AGIAppError"
    assert (await request.send_command("GET VARIABLE first"))["error"] == "AGIResultHangup"
    assert (await request.send_command("GET VARIABLE second"))["result"] == ("1", "first")


async def test_when_hung_up_in_playback_then_caller_gone_and_nothing_more_is_sent() -> None:
    agi = session(HANGUP_IN_PLAYBACK)
    with pytest.raises(CallerGone):
        await agi.stream_file(Path("/x"), "0", lasts_s=1)
    sink: Any = agi._request.writer
    sent = sink.sent
    with pytest.raises(CallerGone):
        await agi.get_variable("second")
    assert sink.sent == sent


USAGE_ERROR = (
    b"520-Invalid command syntax.  Proper usage follows:\n"
    b"Usage: SET VARIABLE <variablename> <value>\n"
    b"\tSets a variable to the current channel.\n"
    b"520 End of proper usage.\n"
    b"200 result=1 (right)\n"
)


async def test_stock_when_a_usage_error_has_several_lines_then_it_chokes_on_them() -> None:
    request = stock(USAGE_ERROR)
    assert (await request.send_command("SET VARIABLE a b c"))["error"] == "AGIUsageError"
    with pytest.raises(ValueError, match="invalid literal"):
        await request.send_command("GET VARIABLE x")


async def test_when_a_usage_error_has_several_lines_then_the_next_answer_is_right() -> None:
    agi = session(USAGE_ERROR)
    with pytest.raises(AgiRefused):
        await agi.set_variable("a", "b")
    assert await agi.get_variable("x") == "right"


async def test_stock_when_a_value_says_hangup_then_it_believes_so() -> None:
    answer = await stock(b"200 result=1 (hangup)\n").send_command("GET VARIABLE CALLERID(name)")
    assert answer["error"] == "AGIResultHangup"


@pytest.mark.parametrize(
    "value", ["hangup", "result=-1", "a (b) c", "timeout", "HANGUP", "张三丰", " endpos=5", ""]
)
async def test_when_a_value_looks_like_protocol_then_it_is_a_value(value: str) -> None:
    agi = session(f"200 result=1 ({value})\n".encode())
    assert await agi.get_variable("CALLERID(name)") == value


async def test_stock_when_an_argument_has_a_line_break_then_a_second_command_is_sent() -> None:
    request = stock(b"200 result=1\n")
    await request.send_command('SET VARIABLE a "x\nSET VARIABLE PWN 1"')
    assert b"\nSET VARIABLE PWN 1" in request.writer.sent


@pytest.mark.parametrize("evil", ["x\nSET VARIABLE PWN 1", "x\r", "x\0"])
async def test_when_an_argument_has_a_line_break_then_nothing_is_sent(evil: str) -> None:
    agi = session(b"200 result=1\n")
    with pytest.raises(ValueError, match="line break"):
        await agi.set_variable("a", evil)
    with pytest.raises(ValueError, match="line break"):
        await agi.get_variable(evil)
    sink: Any = agi._request.writer
    assert sink.sent == b""
    await agi.set_variable("a", 'quo"ted \\ back')
    assert sink.sent == b'SET VARIABLE "a" "quo\\"ted \\\\ back"\n'


async def test_stock_when_the_answer_never_comes_then_it_waits_for_ever() -> None:
    request = Request(None, {}, fed(b"", end=False), Sink())
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(request.send_command("ANSWER"), 0.1)


async def test_when_the_answer_never_comes_then_the_session_ends() -> None:
    request = checked(b"", end=False)
    with pytest.raises(AgiProtocolError, match="no answer"):
        await request.send_command(command_line("ANSWER"), 0.05)
    # the late answer must not be taken for the next command's
    request.reader.feed_data(b"200 result=1 (late)\n")
    with pytest.raises(AgiProtocolError, match="no answer"):
        await request.send_command(command_line("GET VARIABLE", "x"), 0.05)


async def test_stock_when_a_route_is_not_async_then_it_breaks() -> None:
    application = Application(loop=asyncio.get_running_loop())
    with pytest.raises(AttributeError):
        application.add_route("x", lambda request: None)


def _plain(request: CheckedRequest) -> None:
    raise AssertionError


class _AsyncObject:
    async def __call__(self, request: CheckedRequest) -> None:
        request.headers["seen"] = "yes"


async def test_when_a_route_is_not_async_then_it_is_refused_by_name() -> None:
    application: Any = CheckedApplication(loop=asyncio.get_running_loop())
    with pytest.raises(TypeError, match="'x' must be async"):
        application.add_route("x", _plain)
    application.add_route("x", _AsyncObject())


GBK_HEADERS = "agi_network_script: x\nagi_calleridname: 张三\n\n".encode("gbk")


async def test_stock_when_a_name_is_not_utf8_then_the_call_is_not_served() -> None:
    with pytest.raises(UnicodeDecodeError):
        await Application(loop=asyncio.get_running_loop()).handler(fed(GBK_HEADERS), Sink())


async def test_when_a_name_is_not_utf8_then_the_call_is_served() -> None:
    application: Any = CheckedApplication(loop=asyncio.get_running_loop())
    served = asyncio.Event()

    async def route(request: CheckedRequest) -> None:
        served.set()

    application.add_route("x", route)
    await application.handler(fed(GBK_HEADERS), Sink())
    assert served.is_set()


GOOD_HEADERS = b"agi_network_script: x\nagi_uniqueid: 1.1\n\n"


def _cancelled_application(kind: Callable[..., Any]) -> tuple[Any, asyncio.Event]:
    application = kind(loop=asyncio.get_running_loop())
    started = asyncio.Event()

    async def route(request: Any) -> None:
        started.set()
        await asyncio.Event().wait()

    application.add_route("x", route)
    return application, started


async def test_stock_when_cancelled_then_the_handler_swallows_it() -> None:
    application, started = _cancelled_application(Application)
    task = asyncio.create_task(application.handler(fed(GOOD_HEADERS), Sink()))
    await asyncio.wait_for(started.wait(), 5)
    task.cancel()
    assert await task is None


async def test_when_cancelled_then_the_connection_closes_and_cancellation_goes_on() -> None:
    application, started = _cancelled_application(CheckedApplication)
    sink = Sink()
    task = asyncio.create_task(application.handler(fed(GOOD_HEADERS), sink))
    await asyncio.wait_for(started.wait(), 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert sink.closed
