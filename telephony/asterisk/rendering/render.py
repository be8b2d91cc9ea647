"""From settings to a folder of configuration files, swapped in as a whole."""

from __future__ import annotations

import itertools
import os
import shutil
from pathlib import Path

import structlog
from jinja2 import Environment, PackageLoader, StrictUndefined

from telephony.asterisk.rendering.model import RenderInput
from telephony.asterisk.rendering.modules import modules_to_load

log = structlog.get_logger(__name__)

# Some modules decline to load when their file is missing, even when they need nothing from it.
EMPTY_FILES = (
    "acl.conf",
    "ccss.conf",
    "cli.conf",
    "codecs.conf",
    "dnsmgr.conf",
    "extconfig.conf",
    "pjproject.conf",
    "queuerules.conf",
    "sorcery.conf",
    "stasis.conf",
    "udptl.conf",
)
GENERATIONS_KEPT = 3


class RenderError(Exception):
    """The configuration cannot be rendered; the one in use is untouched."""


def render_asterisk_config(source: RenderInput) -> Path:
    """Write a complete configuration and make it the current one.

    The files go into a new folder ``etc.<n>``; the link ``etc`` is then moved to it in one step, so
    that Asterisk never sees a half-written set, and the sets before stay for a way back.

    Returns:
        The path of ``asterisk.conf`` behind the ``etc`` link.

    Raises:
        RenderError: naming what is missing or unusable.
    """
    softphone = source.settings.softphone.enabled
    load, missing = modules_to_load(source.modules_dir, softphone=softphone)
    if missing:
        raise RenderError(
            f"{source.modules_dir} lacks the modules {', '.join(missing)}; "
            "install Asterisk's full module package, or run: make install"
        )
    home = source.settings.asterisk_dir
    for name in ("run", "log", "spool", "db", "keys"):
        (home / name).mkdir(parents=True, exist_ok=True)
    source.settings.recording_spool.mkdir(parents=True, exist_ok=True)
    (home / "log" / "cdr-custom").mkdir(exist_ok=True)

    environment = Environment(
        loader=PackageLoader("telephony.asterisk.rendering"),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - not HTML; RenderInput has checked every string
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    folder = _new_generation(home)
    for name in sorted(environment.list_templates(extensions=["j2"])):
        text = environment.get_template(name).render(
            source=source, settings=source.settings, secrets=source.secrets, modules=load, home=home
        )
        _write(folder / name.removesuffix(".j2"), text)
    for name in EMPTY_FILES:
        _write(folder / name, "; nothing is set here\n")
    _make_current(home, folder)
    log.info("asterisk.rendered", folder=str(folder), agents=len(source.agents))
    return home / "etc" / "asterisk.conf"


def _new_generation(home: Path) -> Path:
    for number in itertools.count(1 + max(_numbers(home), default=0)):
        folder = home / f"etc.{number}"
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            continue
        return folder
    raise AssertionError("unreachable")


def _numbers(home: Path) -> list[int]:
    return [int(p.suffix[1:]) for p in home.glob("etc.*") if p.suffix[1:].isdigit()]


def _write(path: Path, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _make_current(home: Path, folder: Path) -> None:
    link = home / f".etc.{os.getpid()}"
    link.unlink(missing_ok=True)
    link.symlink_to(folder.name)
    link.replace(home / "etc")
    for number in sorted(_numbers(home))[:-GENERATIONS_KEPT]:
        shutil.rmtree(home / f"etc.{number}", ignore_errors=True)
