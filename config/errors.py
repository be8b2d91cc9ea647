"""The one error that every configuration file raises."""

from pathlib import Path


class ConfigError(Exception):
    """A configuration file that cannot be used.

    Attributes:
        file: the file at fault, or None when the value came from the environment.
        key: dotted path of the key (``lines.12328.mode``), or "" when the whole file is at fault.
        reason: what is wrong and what would be right, in one sentence.
    """

    def __init__(self, file: Path | None, key: str, reason: str) -> None:
        self.file = file
        self.key = key
        self.reason = reason
        parts = (str(file or "environment"), key, reason)
        super().__init__(": ".join(part for part in parts if part))
