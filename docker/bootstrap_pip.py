"""pip for an environment whose Python was shipped without it (Debian without python3-venv)."""

from __future__ import annotations

import configparser
import hashlib
import json
import os
import re
import shutil
import ssl
import subprocess
import tempfile
import urllib.request
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import debian_packages
from debian_packages import CannotProvideError

VERSION = "26.3"
SHA256 = "f3b60b20ffaadd4415ed7957212a38ac63fa4c5fa375bd0f4a797777940fad13"
FILE = f"pip-{VERSION}-py3-none-any.whl"
HOST_WHEELS = Path("/usr/share/python-wheels")
JSON_FORM = "application/vnd.pypi.simple.v1+json"  # Python's simple repository API, version 1
TIMEOUT_S = 60


class CannotBootstrapError(Exception):
    """pip cannot be had; the message says what to do."""


def bootstrap_pip(python: Path) -> None:
    """Install pip into the environment of ``python``.

    It is the pinned one when an index is configured, else the one that the distribution's own
    python3-venv would have put there.

    Raises:
        CannotBootstrapError: when neither can be had.
    """
    with tempfile.TemporaryDirectory() as folder:
        index = option("index-url")
        wheel = pinned(index, Path(folder)) if index else distributed(Path(folder))
        # a wheel is a zip file, and Python runs the package inside it
        done = subprocess.run(  # noqa: S603 - the environment's own Python
            [python, f"{wheel}/pip", "install", "--quiet", "--no-index", "--no-deps", str(wheel)],
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        raise CannotBootstrapError(f"pip does not install itself: {done.stderr.strip()[-300:]}")


def pinned(index: str, work: Path) -> Path:
    """The wheel of the pinned pip, taken from an index and checked, in ``work``."""
    try:
        wheel = download(index)
    except (OSError, ValueError) as error:
        raise CannotBootstrapError(
            f"pip cannot be fetched from {shown(index)} ({error}); check network and proxy, "
            "or install the package python3-venv, then run it again"
        ) from error
    if hashlib.sha256(wheel).hexdigest() != SHA256:
        raise CannotBootstrapError(
            f"{shown(index)} gave a {FILE} that is not the published one; use another index "
            "(PIP_INDEX_URL), or install the package python3-venv, then run it again"
        )
    file = work / FILE
    file.write_bytes(wheel)
    return file


def distributed(work: Path) -> Path:
    """The wheel in the distribution's own package, unpacked in ``work`` if the host lacks it.

    apt checks the package's signature.
    """
    present = sorted(HOST_WHEELS.glob("pip-*.whl"))
    if present:
        return present[-1]
    tools = all(shutil.which(tool) for tool in ("apt-get", "dpkg-deb"))
    if not tools or not debian_packages.debian_family():
        raise CannotBootstrapError(
            "this Python has neither pip nor ensurepip; install the package python3-venv "
            "(whatever this system calls it), then run it again"
        )
    root = work / "root"
    try:
        for archive in debian_packages.download(work, ["python3-pip-whl"], "pip", for_host=True):
            debian_packages.run(
                ["dpkg-deb", "-x", str(archive), str(root)], f"cannot unpack {archive.name}"
            )
    except CannotProvideError as error:
        raise CannotBootstrapError(
            f"{error}\n  or install the package python3-venv, then run it again"
        ) from error
    unpacked = sorted((root / HOST_WHEELS.relative_to("/")).glob("pip-*.whl"))
    if not unpacked:
        raise CannotBootstrapError(
            "the package python3-pip-whl holds no pip; install the package python3-venv, "
            "then run it again"
        )
    return unpacked[-1]


def download(index: str) -> bytes:
    """The wheel's bytes, unchecked."""
    certificates = option("cert")
    context = ssl.create_default_context(cafile=certificates or None)
    page_url = index.rstrip("/") + "/pip/"
    body, kind = fetch(page_url, context, f"{JSON_FORM}, text/html;q=0.5")
    if kind == JSON_FORM:
        links = [file["url"] for file in json.loads(body)["files"]]
    else:
        links = anchors(body.decode("utf-8", "replace"))
    for link in links:
        url = urljoin(page_url, link)
        if unquote(urlsplit(url).path).endswith(f"/{FILE}"):
            return fetch(url, context, "*/*")[0]
    raise ValueError(f"it has no {FILE}")


def fetch(url: str, context: ssl.SSLContext, accept: str) -> tuple[bytes, str]:
    """Body and media type of what is at ``url``."""
    if urlsplit(url).scheme not in ("http", "https", "file"):
        raise ValueError(f"not an address that can be used: {shown(url)}")
    parts = urlsplit(url)
    headers = {"Accept": accept, "User-Agent": "hotline-install"}
    request = urllib.request.Request(  # noqa: S310 - scheme checked above
        parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl(), headers=headers
    )
    if parts.username:
        import base64

        login = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
        request.add_header("Authorization", f"Basic {base64.b64encode(login).decode()}")
    opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context))
    with opener.open(request, timeout=TIMEOUT_S) as answer:
        return answer.read(), answer.headers.get_content_type()


def anchors(page: str) -> list[str]:
    """Targets of a page's links."""
    found: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag == "a":
                found.extend(value for name, value in attrs if name == "href" and value)

    Reader().feed(page)
    return found


def option(name: str) -> str:
    """A setting of pip's, from the environment or its configuration files; "" when unset."""
    value = os.environ.get("PIP_" + name.upper().replace("-", "_"), "")
    if value:
        return value
    home = Path.home()
    folders = os.environ.get("XDG_CONFIG_DIRS") or "/etc/xdg"
    files = [Path(folder) / "pip/pip.conf" for folder in reversed(folders.split(":"))]
    files += [Path("/etc/pip.conf"), home / ".pip/pip.conf"]
    files.append(Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / "pip/pip.conf")
    if named := os.environ.get("PIP_CONFIG_FILE"):
        files = [*files, Path(named)] if named != os.devnull else []
    for file in files:  # a later file wins, as with pip
        reader = configparser.RawConfigParser()
        try:
            reader.read(file, encoding="utf-8")
        except (OSError, UnicodeDecodeError, configparser.Error):
            continue
        for section in ("global", "install"):
            value = reader.get(section, name, fallback=value)
    return value


def shown(url: str) -> str:
    """The address without a password in it."""
    return re.sub(r"//[^/@]*@", "//", url)
