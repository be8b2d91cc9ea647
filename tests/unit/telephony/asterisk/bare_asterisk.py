"""A configuration of a few lines, with which the real Asterisk starts and does nothing."""

import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.settings import AsteriskSettings, Settings, SoftphoneSettings, WebSettings
from telephony.asterisk.installation import Installation

UDP = socket.SOCK_DGRAM


@contextmanager
def bare_asterisk(installation: Installation) -> Iterator[Settings]:
    """Settings with free ports and a data folder of their own; the caller stops what it starts."""
    # not tmp_path: a control socket's path may not be long
    data = Path(tempfile.mkdtemp(prefix="hl-"))
    with (
        socket.socket() as ami,
        socket.socket() as web,
        socket.socket(type=socket.SOCK_DGRAM) as sip,
    ):
        for one in (ami, web, sip):
            one.bind(("127.0.0.1", 0))
        ports = [one.getsockname()[1] for one in (ami, web, sip)]
    made = Settings(
        data_dir=data,
        asterisk=AsteriskSettings(ami_port=ports[0], sip_port=ports[2]),
        web=WebSettings(port=ports[1]),
        softphone=SoftphoneSettings(enabled=False),
    )
    home = made.asterisk_dir
    for name in ("etc", "run", "log", "spool", "db", "keys"):
        (home / name).mkdir(parents=True)
    folders = {
        "astetcdir": home / "etc",
        "astmoddir": installation.modules_dir,
        "astdatadir": installation.data_dir,
        **{f"ast{name}dir": home / name for name in ("run", "log", "spool", "db")},
        "astkeydir": home / "keys",
        "astvarlibdir": home / "db",
    }
    lines = [f"{name} => {folder}" for name, folder in folders.items()]
    (home / "etc/asterisk.conf").write_text("[directories]\n" + "\n".join(lines) + "\n")
    (home / "etc/modules.conf").write_text("[modules]\nautoload=no\n")
    try:
        yield made
    finally:
        shutil.rmtree(data)
