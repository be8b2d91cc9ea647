"""Secrets: generated once, kept in one file that only its owner can read."""

from __future__ import annotations

import json
import os
import secrets as random_secrets
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from config.errors import ConfigError
from config.faults import unreadable_zh

FILE_NAME = "secrets.json"


@dataclass(frozen=True, slots=True)
class Secrets:
    """What must not be guessed, one value per purpose.

    Attributes:
        ami_password: the service's AMI account.
        ami_observer_password: the read-only AMI account of ``hotline doctor``.
        admin_password: the first administrator's password, shown at the first start.
        session_key: keys the hashes of web session tokens.
    """

    ami_password: str
    ami_observer_password: str
    admin_password: str
    session_key: str

    @classmethod
    def generate(cls) -> Secrets:
        """New random values (URL-safe alphabet, so they need no quoting anywhere)."""
        return cls(**{field.name: random_secrets.token_urlsafe(18) for field in fields(cls)})


def load_secrets(data_dir: Path) -> Secrets:
    """Read ``secrets.json`` in the data folder, making it (mode 0600) when it is missing.

    Raises:
        ConfigError: when the file is unreadable, damaged, or open to other users.
    """
    path = data_dir / FILE_NAME
    if not path.exists():
        _write_new(path, Secrets.generate())
    try:
        if path.stat().st_mode & 0o077:
            raise ConfigError(
                path,
                "",
                f"is readable by other users; run: chmod 600 {path}",
                f"其他用户可读；请运行：chmod 600 {path}",
            )
        values = json.loads(path.read_text(encoding="utf-8"))
        return Secrets(**values)
    except OSError as error:
        raise ConfigError(
            path, "", f"cannot be read: {error.strerror}", unreadable_zh(error)
        ) from error
    except (ValueError, TypeError) as error:
        raise ConfigError(
            path,
            "",
            "is damaged; restore it from a backup, or delete it to make new secrets",
            "已损坏；请从备份恢复，或删除后重新生成",
        ) from error


def _write_new(path: Path, values: Secrets) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}.new")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(asdict(values), file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    try:
        # link, not rename: of two processes that start together the first one's secrets stay
        os.link(temporary, path)
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
