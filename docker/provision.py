"""What every provider of a program does alike: run as a command, once at a time, with a record.

Standard library only: this runs with the system's Python before anything is installed.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from debian_packages import CannotProvideError


def command(doc: str | None, what: str, folder: str, ensure: Callable[[Path], None]) -> int:
    """A provider as a command with ``--into``; the exit code of :func:`reported`.

    Args:
        doc: of the provider; its first line describes the command.
        what: is provided, at the beginning of what is said.
        folder: where to, unless the command line says otherwise.
        ensure: provides it there.
    """
    parser = argparse.ArgumentParser(description=(doc or "").splitlines()[0])
    parser.add_argument("--into", type=Path, default=Path(folder), help="target folder")
    into = parser.parse_args().into
    return reported(what, into, lambda: ensure(into))


def reported(what: str, into: Path, provide: Callable[[], None]) -> int:
    """Run ``provide``; 0 when done, else the reason on standard error and the exit code."""
    try:
        provide()
    except CannotProvideError as error:
        print(f"{what}: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{what}: cannot write {error.filename or into}: {error.strerror}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"{what}: interrupted; run it again to go on", file=sys.stderr)
        return 130
    return 0


def ensured(
    into: Path, still_good: Callable[[Path], bool], provide: Callable[[Path], None]
) -> None:
    """Have ``provide`` fill the folder unless it is ``still_good``; one run at a time.

    Raises:
        CannotProvideError: saying what to do.
    """
    into = into.resolve()
    into.mkdir(parents=True, exist_ok=True)
    with only_one(into):
        if not still_good(into):
            provide(into)


@contextlib.contextmanager
def only_one(into: Path) -> Iterator[None]:
    """Keep a second run waiting while the first one unpacks."""
    with (into / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def read_record(file: Path, recipe: int) -> dict[str, Any] | None:
    """What :func:`write_record` wrote by this recipe, or None; ``@HERE@`` stands for the folder.

    Raises:
        OSError, ValueError, KeyError, TypeError: there is none that can be read.
    """
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found if found["recipe"] == recipe else None


def write_record(file: Path, found: dict[str, Any], recipe: int) -> None:
    """Write down how to start what was found; the file is whole or not there."""
    # the folder may be moved or copied: nothing in the file names it
    text = json.dumps(found | {"recipe": recipe}, indent=1).replace(str(file.parent), "@HERE@")
    temporary = file.with_name(f"{file.name}.new")
    temporary.write_text(text + "\n", encoding="utf-8")
    temporary.replace(file)


def in_place(environment: dict[str, str], into: Path) -> dict[str, str]:
    """A record's environment with the folder where it is now."""
    return {name: value.replace("@HERE@", str(into)) for name, value in environment.items()}
