"""Debian's packages, downloaded and unpacked into a folder without root and without installing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from progress_line import Progress, watch

NEEDED_FREE_BYTES = 900 * 2**20
DEBIAN_SUITE = "forky"  # Debian 12 and 13 have no asterisk; this one has 22, long-term support
DEBIAN_ALIASES = ("oldstable", "stable", "testing", "unstable", "sid")
DISPENSABLE = (
    "usr/lib/gnupg*",
    "usr/lib/python3*",
    "usr/lib/systemd",
    "usr/share/bug",
    "usr/share/doc",
    "usr/share/doc-base",
    "usr/share/info",
    "usr/share/lintian",
    "usr/share/locale",
    "usr/share/man",
    "usr/share/perl",
    "usr/share/perl5",
)


class CannotProvideError(Exception):
    """A program cannot be provided; the message says what to do."""


def unpacked(
    into: Path, packages: list[str], *, what: str = "Asterisk", for_host: bool = False
) -> Path:
    """Download and unpack packages with all they depend on into ``into/root``.

    Args:
        into: an existing folder.
        packages: names of Debian packages.
        what: the name of what is provided, for progress and complaints.
        for_host: take them from the host's own release and leave out what the host has: they run
            with the host's loader. Otherwise the tree is complete in itself.

    Raises:
        CannotProvideError: saying what to do; what was there before is still there.
    """
    for tool in ("apt-get", "dpkg-deb"):
        if shutil.which(tool) is None:
            raise CannotProvideError(
                f"there is none that can be used on this machine, and without {tool} it "
                f"cannot be fetched; install {what} with this system's package tool or use docker/"
            )
    if shutil.disk_usage(into).free < NEEDED_FREE_BYTES:
        raise CannotProvideError(
            f"{NEEDED_FREE_BYTES // 2**20} MB must be free in {into}; make room and run it again"
        )
    for left_over in into.glob("*.partial"):
        shutil.rmtree(left_over)
    with tempfile.TemporaryDirectory(suffix=".partial", dir=into) as work:
        archives = download(Path(work), packages, what, for_host=for_host)
        fresh = Path(work) / "root"
        fresh.mkdir()
        progress = Progress(f"{what}: unpacking", len(archives), "packages")

        def unpack(archive: Path) -> None:
            run(["dpkg-deb", "-x", str(archive), str(fresh)], f"cannot unpack {archive.name}")
            archive.unlink()
            progress.add(1)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(unpack, archives))
        progress.close()
        for pattern in DISPENSABLE:
            for found in list(fresh.glob(pattern)):
                shutil.rmtree(found)
        root = into / "root"
        if root.exists():
            root.rename(Path(work) / "old")
        fresh.rename(root)
    return root


def download(work: Path, packages: list[str], what: str, *, for_host: bool) -> list[Path]:
    """Fetch the packages with a private apt state: the host's package data stay untouched."""
    archives = work / "cache/archives"
    for folder in (work / "state/lists/partial", archives / "partial"):
        folder.mkdir(parents=True)
    status = work / "status"
    if for_host:
        shutil.copyfile("/var/lib/dpkg/status", status)
    else:
        status.touch()
    architecture = run(["dpkg", "--print-architecture"], "dpkg does not work").strip()
    kept = [
        line
        for line in run(["apt-config", "dump"], "apt does not work").splitlines()
        if re.match(r"Acquire::(http|https|ftp|Retries)\b", line)
    ]
    (work / "apt.conf").write_text(
        "\n".join(
            [
                *kept,  # the host's proxy; nothing else of its configuration
                'Dir::Etc::main "/dev/null";',
                'Dir::Etc::parts "/dev/null";',
                f'Dir::State "{work}/state";',
                f'Dir::State::status "{status}";',
                f'Dir::Cache "{work}/cache";',
                f'Dir::Etc::sourcelist "{work}/sources.list";',
                'Dir::Etc::sourceparts "/dev/null";',
                'Dir::Etc::preferences "/dev/null";',
                'Dir::Etc::preferencesparts "/dev/null";',
                f'APT::Architecture "{architecture}";',
                f'APT::Architectures {{ "{architecture}"; }};',
                'APT::Install-Recommends "false";',
                'APT::Sandbox::User "";',
                # a mirror may lag behind the date its index is valid to; signatures are checked
                'Acquire::Check-Valid-Until "false";',
                'Acquire::Languages "none";',
                'Acquire::Retries "3";',
                "",
            ]
        )
    )
    apt = ["apt-get", "-qq", "-y"]
    environment = os.environ | {"APT_CONFIG": str(work / "apt.conf"), "LC_ALL": "C.UTF-8"}
    print(f"{what}: reading the package index", file=sys.stderr)
    offline = "cannot reach the package mirror; check network and proxy, then run it again"
    choices = sources(for_host=for_host)
    for lines in choices:
        (work / "sources.list").write_text("".join(f"{line}\n" for line in lines))
        try:
            run([*apt, "-o", "APT::Update::Error-Mode=any", "update"], offline, environment)
            break
        except CannotProvideError:
            if lines is choices[-1]:
                raise
    wanted = [*apt, "install", "--download-only", "--no-install-recommends", *packages]
    missing = f"the package mirror has no {', '.join(packages)} for this system"
    listing = run([*wanted, "--print-uris"], missing, environment)
    total = sum(int(line.split()[2]) for line in listing.splitlines() if line.startswith("'"))
    with watch(f"{what}: downloading", archives, total):
        run(wanted, offline, environment)
    return sorted(archives.glob("*.deb"), key=lambda file: -file.stat().st_size)


def sources(*, for_host: bool = False) -> list[list[str]]:
    """Source lines of a release with Asterisk, for each of the host's own mirrors.

    With ``for_host`` they are of the host's own release.

    Raises:
        CannotProvideError: saying what to do when the host's apt names no mirror.
    """
    system, family = os_release(), debian_family()
    if family == "ubuntu":
        codename = system.get("UBUNTU_CODENAME") or system.get("VERSION_CODENAME", "noble")
        suites, components = [codename, f"{codename}-updates"], "main universe"
        endings: tuple[str, ...] = ("/ubuntu", "/ubuntu-ports")
        names = {codename}
    elif family == "debian":
        codename = system.get("VERSION_CODENAME", "") or DEBIAN_SUITE
        suites, components = [codename if for_host else DEBIAN_SUITE], "main"
        endings = ("/debian",)
        names = {codename, *DEBIAN_ALIASES}
    else:
        raise CannotProvideError(
            f"fetching it is only possible on Debian and Ubuntu, this is {system.get('ID', 'not')};"
            " install Asterisk 20 or newer with this system's package tool, or use docker/"
        )
    rings = [Path(f"/usr/share/keyrings/{family}-archive-keyring.{end}") for end in ("gpg", "pgp")]
    ring = next((path for path in rings if path.is_file()), None)
    if ring is None:
        raise CannotProvideError(
            f"{rings[0]} is missing; install the package {family}-archive-keyring"
        )
    # other publishers' archives name the same release; only a mirror's address ends like this
    own = [uri for uri in own_mirrors(Path("/etc/apt"), names) if uri.endswith(endings)]
    if not own:
        raise CannotProvideError(
            f"apt names no mirror of this system; add the line 'deb MIRROR {codename} {components}'"
            f" to /etc/apt/sources.list, MIRROR being an address that ends in {endings[0]}"
        )
    return [
        [f"deb [signed-by={ring}] {mirror} {suite} {components}" for suite in suites]
        for mirror in own
    ]


def debian_family() -> str:
    """``ubuntu`` or ``debian``, for what is made from it too; "" on another system."""
    system = os_release()
    names = {system.get("ID", ""), *system.get("ID_LIKE", "").split()}
    return next((name for name in ("ubuntu", "debian") if name in names), "")


def own_mirrors(etc: Path, names: set[str]) -> list[str]:
    """Where the host takes its own release from, in either format of apt's source files.

    Args:
        etc: apt's configuration folder.
        names: what the release is called there.
    """
    found: list[str] = []
    for file in [etc / "sources.list", *sorted((etc / "sources.list.d").glob("*"))]:
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        if file.suffix == ".list":
            for line in text.splitlines():
                one = re.match(r"deb\s+(?:\[[^]]*\]\s+)?(\S+)\s+(\S+)\s+(.*)", line.strip())
                if one and one[2] in names and "main" in one[3].split():
                    found.append(one[1])
        elif file.suffix == ".sources":
            for stanza in re.split(r"\n\s*\n", re.sub(r"(?m)^#.*\n?", "", text)):
                fields = {
                    name.lower(): value.split()
                    for name, value in re.findall(
                        r"(?m)^([\w-]+):((?:.*\n?)(?:[ \t]+.*\n?)*)", stanza
                    )
                }
                if (
                    "deb" in fields.get("types", [])
                    and names & set(fields.get("suites", []))
                    and "main" in fields.get("components", [])
                ):
                    found += fields.get("uris", [])
    listed = [mirror for uri in found for mirror in mirror_list(uri)]
    return list(dict.fromkeys(uri.rstrip("/") for uri in listed))


def mirror_list(uri: str) -> list[str]:
    """The mirrors in the file that a ``mirror+file:`` address names; else the address itself."""
    scheme, _, path = uri.partition(":")
    if scheme != "mirror+file":
        return [uri]
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
    # apt-transport-mirror(1): an address, then a tab and what it is for
    return [line.split()[0] for line in lines if line.strip() and not line.startswith("#")]


def os_release() -> dict[str, str]:
    """What ``/etc/os-release`` says (os-release(5))."""
    try:
        text = Path("/etc/os-release").read_text(encoding="utf-8")
    except OSError:
        return {}
    return {
        name: value.strip("\"'") for name, value in re.findall(r"(?m)^([A-Z_]+)=(.*?)\s*$", text)
    }


def run(argv: list[str], failure: str, environment: dict[str, str] | None = None) -> str:
    """Standard output of a command.

    Raises:
        CannotProvideError: with ``failure`` and the command's own first complaint.
    """
    done = subprocess.run(  # noqa: S603 - fixed commands, no shell
        argv, capture_output=True, text=True, errors="replace", env=environment, check=False
    )
    if done.returncode != 0:
        said = [line for line in done.stderr.splitlines() if not line.startswith("W:")]
        raise CannotProvideError(f"{failure}\n  ({argv[0]} says: {said[0] if said else 'nothing'})")
    return done.stdout
