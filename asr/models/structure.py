"""Whether a folder holds a complete model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

_VOSK_FILES: Final = ("am/final.mdl", "conf/mfcc.conf")
_VOSK_GRAPHS: Final = (("graph/HCLG.fst",), ("graph/HCLr.fst", "graph/Gr.fst"))
WHISPER_FILES: Final = ("model.bin", "config.json", "tokenizer.json", "vocabulary.json")


def fault_of_vosk_model(folder: Path) -> str | None:
    """What is missing in a Vosk model's folder; None when it looks complete."""
    if not folder.is_dir():
        return "there is no such folder"
    missing = _missing(folder, _VOSK_FILES)
    if missing:
        return missing
    if not any(_missing(folder, graph) is None for graph in _VOSK_GRAPHS):
        return "graph/HCLG.fst (or graph/HCLr.fst with graph/Gr.fst) is missing or empty"
    return None


def fault_of_whisper_model(folder: Path) -> str | None:
    """What is missing in a Whisper model's folder; None when it looks complete."""
    if not folder.is_dir():
        return "there is no such folder"
    return _missing(folder, WHISPER_FILES)


@dataclass(frozen=True, slots=True)
class SherpaFiles:
    """The files of a streaming model for sherpa-onnx; ``joiner`` is None for a Paraformer."""

    tokens: Path
    encoder: Path
    decoder: Path
    joiner: Path | None


def sherpa_files(folder: Path) -> SherpaFiles:
    """Where they are; of several of a kind the smallest form (``int8``).

    Raises:
        FileNotFoundError: one is missing or empty; its name is the error's text.
    """
    tokens, encoder, decoder = (
        _one_of(folder, pattern) for pattern in ("tokens.txt", "encoder*.onnx", "decoder*.onnx")
    )
    joiner = _one_of(folder, "joiner*.onnx") if any(folder.glob("joiner*.onnx")) else None
    return SherpaFiles(tokens, encoder, decoder, joiner)


def fault_of_sherpa_model(folder: Path) -> str | None:
    """What is missing in a sherpa-onnx model's folder; None when it looks complete."""
    if not folder.is_dir():
        return "there is no such folder"
    try:
        sherpa_files(folder)
    except FileNotFoundError as error:
        return f"{error} is missing or empty"
    return None


def _one_of(folder: Path, pattern: str) -> Path:
    found = [path for path in sorted(folder.glob(pattern)) if path.is_file()]
    found = [path for path in found if path.stat().st_size]
    if not found:
        raise FileNotFoundError(pattern)
    return min(found, key=lambda path: ".int8." not in path.name)


FAULTS: Final = {
    "vosk": fault_of_vosk_model,
    "whisper": fault_of_whisper_model,
    "sherpa": fault_of_sherpa_model,
}


def fault_of_model(engine: str, folder: Path) -> str | None:
    """What is missing in the folder of an engine's model; None when it looks complete."""
    return FAULTS[engine](folder)


def _missing(folder: Path, names: tuple[str, ...]) -> str | None:
    for name in names:
        path = folder / name
        if not path.is_file() or path.stat().st_size == 0:
            return f"{name} is missing or empty"
    return None
