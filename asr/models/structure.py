"""Whether a folder holds a complete model."""

from __future__ import annotations

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


FAULTS: Final = {"vosk": fault_of_vosk_model, "whisper": fault_of_whisper_model}


def fault_of_model(engine: str, folder: Path) -> str | None:
    """What is missing in the folder of an engine's model; None when it looks complete."""
    return FAULTS[engine](folder)


def _missing(folder: Path, names: tuple[str, ...]) -> str | None:
    for name in names:
        path = folder / name
        if not path.is_file() or path.stat().st_size == 0:
            return f"{name} is missing or empty"
    return None
