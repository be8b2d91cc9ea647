"""The one error that every configuration file raises."""

from pathlib import Path


class ConfigError(Exception):
    """A configuration file that cannot be used; ``str()`` of it is English, for log and terminal.

    Attributes:
        file: the file at fault, or None when the value came from the environment.
        key: dotted path of the key (``lines.12328.mode``), or "" when the whole file is at fault.
        reason: what is wrong and what would be right, in one sentence.
        reason_zh: the same in Chinese, for the page.
    """

    def __init__(self, file: Path | None, key: str, reason: str, reason_zh: str) -> None:
        self.file = file
        self.key = key
        self.reason = reason
        self.reason_zh = reason_zh
        super().__init__(_joined(str(file or "environment"), key, reason))

    @property
    def message_zh(self) -> str:
        """Chinese: the file, the key and what is wrong with it."""
        return _joined(str(self.file or "环境变量"), self.key, self.reason_zh)


def _joined(*parts: str) -> str:
    return ": ".join(part for part in parts if part)
