"""Live audio from Asterisk: the AudioSocket wire format and its server."""

from asr.audiosocket.expected import ExpectedStreams, StreamListener
from asr.audiosocket.protocol import (
    FRAME_BYTES,
    SAMPLE_BYTES,
    SAMPLE_RATE_HZ,
    Frame,
    FrameParser,
    FrameType,
    ProtocolError,
)
from asr.audiosocket.server import AudioSocketServer

__all__ = [
    "FRAME_BYTES",
    "SAMPLE_BYTES",
    "SAMPLE_RATE_HZ",
    "AudioSocketServer",
    "ExpectedStreams",
    "Frame",
    "FrameParser",
    "FrameType",
    "ProtocolError",
    "StreamListener",
]
