import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.audiosocket import Frame, FrameParser, ProtocolError
from asr.audiosocket.protocol import AUDIO_RATES_HZ, HEADER_BYTES, MAX_PAYLOAD_BYTES

_audio = st.builds(
    Frame, st.sampled_from(sorted(AUDIO_RATES_HZ)), st.binary(max_size=700).map(lambda b: b + b)
)
_frames = st.one_of(
    _audio,
    st.just(Frame(0x00, b"")),
    st.builds(Frame, st.just(0x01), st.binary(min_size=16, max_size=16)),
    st.builds(Frame, st.just(0x03), st.binary(min_size=1, max_size=1)),
    st.builds(Frame, st.just(0xFF), st.binary(max_size=4)),
)


def parsed(parser: FrameParser) -> list[Frame]:
    frames = []
    while (frame := parser.next_frame()) is not None:
        frames.append(frame)
    return frames


@given(frames=st.lists(_frames, max_size=12), cuts=st.lists(st.integers(1, 400), max_size=30))
def test_given_frames_when_cut_anywhere_then_the_same_frames_come_out(
    frames: list[Frame], cuts: list[int]
) -> None:
    wire = b"".join(frame.encode() for frame in frames)
    parser = FrameParser()
    seen: list[Frame] = []
    for cut in [*cuts, len(wire)]:
        parser.push(wire[:cut])
        wire = wire[cut:]
        seen += parsed(parser)
    parser.push(wire)
    assert [*seen, *parsed(parser)] == frames
    assert parser.pending == 0


@given(pieces=st.lists(st.binary(max_size=300), max_size=20))
def test_given_any_bytes_when_parsed_then_only_a_protocol_error_and_little_memory(
    pieces: list[bytes],
) -> None:
    parser = FrameParser()
    for piece in pieces:
        parser.push(piece)
        try:
            parsed(parser)
        except ProtocolError:
            with pytest.raises(ProtocolError):
                parser.next_frame()
            return
        assert parser.pending < HEADER_BYTES + MAX_PAYLOAD_BYTES


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (b"\x10\xff\xfe", "at most"),
        (b"\x10\x00\x03", "sample in two"),
        (b"\x01\x00\x0f", "UUID"),
        (b"\x00\x00\x01", "HANGUP"),
        (b"\x03\x00\x02", "DTMF"),
        (b"GET", "unknown frame type 0x47"),
    ],
)
def test_given_an_impossible_header_when_only_it_has_arrived_then_refused(
    header: bytes, words: str
) -> None:
    parser = FrameParser()
    parser.push(header)
    with pytest.raises(ProtocolError, match=words):
        parser.next_frame()


def test_given_a_good_frame_before_garbage_when_parsed_then_the_good_frame_is_not_lost() -> None:
    parser = FrameParser()
    parser.push(Frame(0x10, b"\x01\x00" * 160).encode() + b"\x77garbage")
    assert parser.next_frame() == Frame(0x10, b"\x01\x00" * 160)
    with pytest.raises(ProtocolError):
        parser.next_frame()
