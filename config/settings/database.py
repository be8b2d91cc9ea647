"""Which addresses of a database can be used."""

from __future__ import annotations

from importlib.util import find_spec

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
        raise ValueError(
            "must begin with postgresql+asyncpg:// or sqlite+aiosqlite:///, e.g. "
            "postgresql+asyncpg://hotline:PASSWORD@db.example/hotline"
        )
    driver = DRIVERS[kind]
    if find_spec(driver) is None:
        raise ValueError(f"the driver {driver} is not installed; install hotline[postgres]")
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
        raise ValueError(
            "cannot be read; in a password write @ as %40, : as %3A, / as %2F and % as %25"
        ) from None
    if kind == "postgresql" and "sslmode" in parsed.query:
        raise ValueError("write ?ssl=require (or ssl=verify-full) instead of sslmode")
    return whole
