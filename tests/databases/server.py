"""A PostgreSQL server of the tests' own: a private cluster on a free port, gone afterwards."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pytest

from telephony.testphone.configuration import free_port

if TYPE_CHECKING:
    import asyncpg

USER = "hotline"
PASSWORD = "p@ss:w/rd-of-tests"
DEADLINE_S = 60
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    # it is thrown away: what a power cut would cost does not matter
    "fsync": "off",
    "full_page_writes": "off",
    "jit": "off",
    "autovacuum": "off",
    "shared_buffers": "16MB",
}


class PostgresServer:
    """One cluster in a temporary folder, which can be stopped, frozen and started again.

    Args:
        record: ``postgresql.json`` of the folder where a server was provided.

    Attributes:
        folder: the temporary folder, in which its user may write.
        port: on 127.0.0.1; the same after a restart.
    """

    def __init__(self, record: Path) -> None:
        here = str(record.parent)
        found = json.loads(record.read_text(encoding="utf-8").replace("@HERE@", here))
        self._programs = Path(found["programs"])
        self.folder = Path(tempfile.mkdtemp(prefix="hl-pg-", dir="/tmp"))
        self._environment = os.environ | found["environment"] | {"HOME": str(self.folder)}
        # a message in another language, or another way to log in, is of no use here
        self._environment |= {"LC_ALL": "C.UTF-8"}
        self._data = self.folder / "data"
        self._names = count(1)
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port(socket.SOCK_STREAM)
        # PostgreSQL refuses to be root
        self._as: dict[str, Any] = {}
        if os.geteuid() == 0:
            self._as = {"user": "nobody", "group": "nogroup", "extra_groups": []}
            shutil.chown(self.folder, "nobody", "nogroup")
            self._make_reachable(record.parent)

    def __enter__(self) -> Self:
        try:
            secret = self.folder / "password"
            secret.write_text(PASSWORD)
            secret.chmod(0o644)
            self.run(
                *("initdb", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"),
                *("--auth=scram-sha-256", f"--username={USER}", f"--pwfile={secret}"),
                f"--pgdata={self._data}",
            )
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.thaw()
        self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        """Returns when it takes connections."""
        settings = [word for item in SETTINGS.items() for word in ("-c", "=".join(item))]
        # it does not outlive the tests, however these end
        dies_with_us = ["setpriv", "--pdeathsig", "QUIT"] if shutil.which("setpriv") else []
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(*dies_with_us, str(self._programs / "postgres")),
                    *("-D", str(self._data), "-p", str(self.port), *settings),
                ],
                cwd=self.folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **self._as,
            )
        deadline = time.monotonic() + DEADLINE_S
        while not self._is_ready():
            said = (self.folder / "log").read_text(errors="replace")[-2000:]
            assert self._process.poll() is None, f"PostgreSQL ended: {said}"
            assert time.monotonic() < deadline, f"PostgreSQL does not get ready: {said}"
            time.sleep(0.02)

    def stop(self, mode: str = "fast") -> None:
        """Stop it as an operator does (``fast``) or a power cut (``immediate``)."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT if mode == "fast" else signal.SIGQUIT)
            self._process.wait(DEADLINE_S)

    def start_again(self) -> None:
        """Start it if it was stopped."""
        if self._process is None or self._process.poll() is not None:
            self.start()

    def freeze(self) -> None:
        """From now on it accepts connections, says nothing and hangs up on nobody."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Go on."""
        self._signal(signal.SIGCONT)

    def url(self, database: str, *, password: str = PASSWORD) -> str:
        """The SQLAlchemy URL of a database."""
        quoted = password.replace("@", "%40").replace(":", "%3A").replace("/", "%2F")
        return f"postgresql+asyncpg://{USER}:{quoted}@127.0.0.1:{self.port}/{database}"

    def libpq_url(self, database: str) -> str:
        """The address of a database for PostgreSQL's own programs."""
        return self.url(database).replace("+asyncpg", "")

    async def connect(self, database: str = "postgres") -> asyncpg.Connection:
        """A connection beside the store's."""
        import asyncpg

        return await asyncpg.connect(
            host="127.0.0.1", port=self.port, user=USER, password=PASSWORD, database=database
        )

    async def create(self, template: str = "template0") -> str:
        """A new database; returns its name."""
        name = f"db{next(self._names)}"
        await self.order(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return name

    async def drop(self, name: str) -> None:
        """Remove a database, whoever still uses it."""
        await self.order(f'DROP DATABASE "{name}" WITH (FORCE)')

    async def order(self, statement: str) -> None:
        """What is about no database in particular."""
        connection = await self.connect()
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    def run(self, program: str, *arguments: str) -> None:
        """One of its programs, which must succeed; what it says is in ``folder/out``."""
        with (self.folder / "out").open("ab") as out:
            subprocess.run(
                [self._programs / program, *arguments],
                check=True,
                cwd=self.folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                timeout=DEADLINE_S,
                **self._as,
            )

    def _is_ready(self) -> bool:
        with contextlib.suppress(OSError):
            return (self._data / "postmaster.pid").read_text().split()[-1:] == ["ready"]
        return False

    def _signal(self, which: signal.Signals) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        # the server first, so that it starts no more of its own
        for pid in (self._process.pid, *_children(self._process.pid)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, which)

    def _make_reachable(self, provided: Path) -> None:
        """Copy the programs where the other user can read them, if they are in root's own folder.

        They find their libraries and data by their own place.
        """
        try:
            self.run("postgres", "--version")
        except (PermissionError, subprocess.CalledProcessError):
            if not self._programs.is_relative_to(provided):
                raise
            copy = self.folder / "provided"
            shutil.copytree(provided / "root", copy / "root", symlinks=True)
            copy.chmod(0o755)
            self._programs = copy / self._programs.relative_to(provided)
            path = self._environment.get("LD_LIBRARY_PATH", "")
            self._environment["LD_LIBRARY_PATH"] = path.replace(str(provided), str(copy))


def _children(parent: int) -> Iterator[int]:
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if stat.read_text().rpartition(")")[2].split()[1] == str(parent):
                yield int(stat.parent.name)


@contextlib.contextmanager
def postgres_server(folder: Path) -> Iterator[PostgresServer]:
    """A running server; ``folder`` is where one was provided.

    Without one the tests are skipped, but where all tests must run (``CI`` is set) they fail.
    """
    record = folder / "postgresql.json"
    if not record.is_file() or find_spec("asyncpg") is None:
        missing = f"there is no PostgreSQL in {folder}, or no driver; run: make install-dev"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    with PostgresServer(record) as server:
        yield server
