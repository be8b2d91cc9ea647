#!/usr/bin/env python3
"""Find or fetch a browser for the tests of the agents' page, and write down how to start it.

A Chromium or Chrome on the search path is used. Otherwise Debian's own ``chromium-headless-shell``
is unpacked, with the libraries that the host lacks and a Chinese font, into a folder of its own:
no root, nothing on the host is changed. A browser starts itself again and again by its own path, so
that it cannot run with another loader than the host's; hence the host's own release.

Standard library only: this runs with the system's Python before anything is installed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from debian_packages import CannotProvideError, os_release, unpacked
from provision import command, ensured, in_place, read_record, write_record

RECIPE = 1  # raise it when the unpacked tree must be made anew
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGES = ["chromium-headless-shell", "fonts-wqy-microhei"]
FONTS = """\
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">root/usr/share/fonts</dir>
  <dir>/usr/share/fonts</dir>
  <alias>
    <family>sans-serif</family>
    <prefer><family>DejaVu Sans</family><family>WenQuanYi Micro Hei</family></prefer>
  </alias>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
"""


def main() -> int:
    """Provide a browser; 0 when done or already there."""
    return command(__doc__, "Browser", "var/browser", ensure)


def ensure(into: Path) -> None:
    """Provide a browser in ``into`` unless that has been done.

    ``browser.json`` there tells its program (``executable``), what must be in its environment
    (``environment``) and its version; ``@HERE@`` stands for the folder.

    Raises:
        CannotProvideError: saying what to do.
    """
    ensured(into, still_good, provide)


def still_good(into: Path) -> bool:
    """Whether the last run's result is of this recipe and still starts."""
    try:
        found = read_record(into / "browser.json", RECIPE)
        if found is None:
            return False
        executable = found["executable"].replace("@HERE@", str(into))
        environment = in_place(found["environment"], into)
        return bool(version_of(executable, environment) == found["version"] is not None)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def provide(into: Path) -> None:
    """Write ``browser.json``, unpacking packages where the host has no browser."""
    found = host_browser() or unpacked_browser(into)
    write_record(into / "browser.json", found, RECIPE)
    print(f"Browser {found['version']}: {found['executable']}", file=sys.stderr)


def host_browser() -> dict[str, Any] | None:
    """The host's own browser, or None when it has none that starts."""
    for name in BROWSERS:
        executable = shutil.which(name)
        version = version_of(executable, {}) if executable else None
        if version:
            return {"executable": executable, "environment": {}, "version": version}
    return None


def unpacked_browser(into: Path) -> dict[str, Any]:
    """How to start the browser that was unpacked into ``into/root``."""
    system = os_release()
    if system.get("ID") != "debian":
        raise CannotProvideError(
            f"fetching one is only possible on Debian, this is {system.get('ID', 'not')}; "
            "install Chromium or Chrome, then run this again"
        )
    root = unpacked(into, PACKAGES, what="Browser", for_host=True)
    fonts = into / "fonts.conf"
    fonts.write_text(FONTS, encoding="utf-8")
    libraries = [*root.glob("usr/lib/*-linux-gnu"), *root.glob("lib/*-linux-gnu")]
    folders = [str(folder) for place in libraries for folder in (place, place / "pulseaudio")]
    environment = {
        "LD_LIBRARY_PATH": os.pathsep.join(folders),
        "FONTCONFIG_FILE": str(fonts),
        "XDG_CACHE_HOME": str(into / "cache"),
    }
    executable = str(root / "usr/lib/chromium/chromium-headless-shell")
    version = version_of(executable, environment)
    if version is None:
        raise CannotProvideError(
            f"the packages were unpacked into {root}, but do not start on this machine; "
            "install Chromium or Chrome, then run this again"
        )
    return {"executable": executable, "environment": environment, "version": version}


def version_of(executable: str, environment: dict[str, str]) -> str | None:
    """The version which a browser says it has, or None when it does not run."""
    try:
        said = subprocess.run(  # noqa: S603 - a program this script found or unpacked
            [executable, "--version"],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
            env=os.environ | environment,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    numbers = re.search(r"\d+(?:\.\d+){2,}", said)
    return numbers[0] if numbers else None


if __name__ == "__main__":
    sys.exit(main())
