"""Which addresses of a database can be used."""

from __future__ import annotations

from importlib.util import find_spec

from config.faults import fault

DRIVERS = {"sqlite": "aiosqlite", "postgresql": "asyncpg"}


def usable_url(url: str) -> str:
    """The SQLAlchemy URL with the driver in it, as ``postgresql+asyncpg://…``.

    Args:
        url: as it was set: also without the driver, and with PostgreSQL's short name ``postgres``.

    Raises:
        ValueError: saying what is wrong. The address itself is in no message: a password is in it.
    """
    scheme, separator, rest = url.partition("://")
    kind, _, driver = scheme.partition("+")
    kind = "postgresql" if kind == "postgres" else kind
    if not separator or kind not in DRIVERS or driver not in ("", DRIVERS[kind]):
        raise fault(
            "应以 postgresql+asyncpg:// 或 sqlite+aiosqlite:/// 开头，如 "
            "postgresql+asyncpg://hotline:密码@db.example/hotline",
            "must begin with postgresql+asyncpg:// or sqlite+aiosqlite:///, e.g. "
            "postgresql+asyncpg://hotline:PASSWORD@db.example/hotline",
        )
    driver = DRIVERS[kind]
    if find_spec(driver) is None:
        raise fault(
            f"没有安装驱动 {driver}；请安装 hotline[postgres]",
            f"the driver {driver} is not installed; install hotline[postgres]",
        )
    # it takes a while, and most have no address
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    whole = f"{kind}+{driver}://{rest}"
    try:
        parsed = make_url(whole)
    except (ArgumentError, ValueError):
        parsed = None
    # an @ or / of the password that was not written as a code ends up in the name of the host
    if parsed is None or "@" in (parsed.host or ""):
        raise fault(
            "无法识别；密码中的 @ 写作 %40，: 写作 %3A，/ 写作 %2F，% 写作 %25",
            "cannot be read; in a password write @ as %40, : as %3A, / as %2F and % as %25",
        ) from None
    if kind == "postgresql" and "sslmode" in parsed.query:
        raise fault(
            "请写 ?ssl=require（或 ssl=verify-full），不要写 sslmode",
            "write ?ssl=require (or ssl=verify-full) instead of sslmode",
        )
    return whole
