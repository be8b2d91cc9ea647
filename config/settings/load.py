"""Reading ``hotline.toml``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from config.data_file import first_fault, read_data
from config.errors import ConfigError
from config.settings.models import Settings

FILE_VARIABLE = "HOTLINE_CONFIG"
DEFAULT_FILE = Path("hotline.toml")


def settings_file() -> Path | None:
    """``$HOTLINE_CONFIG``, else ``./hotline.toml``, else None (embedded defaults).

    Raises:
        ConfigError: when ``$HOTLINE_CONFIG`` names a file that does not exist.
    """
    named = os.environ.get(FILE_VARIABLE)
    if named:
        path = Path(named)
        if not path.is_file():
            raise ConfigError(
                path,
                "",
                f"no such file; correct or unset {FILE_VARIABLE}",
                f"没有这个文件；请改正或取消 {FILE_VARIABLE}",
            )
        return path
    return DEFAULT_FILE if DEFAULT_FILE.is_file() else None


def load_settings(file: Path | None = None) -> Settings:
    """Read, validate and freeze the settings.

    Raises:
        ConfigError: naming the file, the key and the reason of the first fault.
    """
    file = file or settings_file()
    values: dict[str, Any] = read_data(file) if file is not None else {}
    try:
        return Settings(**values)
    except ValidationError as error:
        raise first_fault(error, file) from error
    except ValueError as error:
        # pydantic-settings raises its own error for an environment value it cannot even parse
        raise ConfigError(None, "", str(error), f"值无法解析：{error}") from error
