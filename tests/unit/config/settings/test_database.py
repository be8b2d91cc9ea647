import pytest
from pydantic import ValidationError

from config.settings import DatabaseSettings, Settings, database
from config.settings.database import usable_url


@pytest.mark.parametrize(
    ("written", "used"),
    [
        ("postgresql://u:p%40@db.example/h", "postgresql+asyncpg://u:p%40@db.example/h"),
        ("postgres://u@db.example:5433/h", "postgresql+asyncpg://u@db.example:5433/h"),
        ("postgresql+asyncpg://u@/h?ssl=require", "postgresql+asyncpg://u@/h?ssl=require"),
        ("sqlite+aiosqlite:////data/h.db", "sqlite+aiosqlite:////data/h.db"),
        ("sqlite:////data/h.db", "sqlite+aiosqlite:////data/h.db"),
    ],
)
def test_given_an_address_when_set_then_it_has_the_driver(written: str, used: str) -> None:
    assert Settings(database=DatabaseSettings(url=written)).database_url == used


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("mysql://u:geheim@db/h", "must begin with postgresql"),
        ("postgresql+psycopg2://u:geheim@db/h", "must begin with postgresql"),
        ("geheim", "must begin with postgresql"),
        ("postgresql://u:p@geheim@db/h", "write @ as %40"),
        ("postgresql://u:geheim@db:port/h", "write @ as %40"),
        ("postgresql://u:geheim@db/h?sslmode=require", "ssl=require"),
    ],
)
def test_given_an_address_that_cannot_be_used_when_set_then_said_plainly_without_its_password(
    written: str, said: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate({"database": {"url": written}})
    assert said in str(caught.value)
    assert "geheim" not in str(caught.value)


def test_given_no_driver_when_postgresql_is_set_then_what_to_install_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(database, "find_spec", lambda _: None)
    with pytest.raises(ValueError, match=r"asyncpg is not installed; install hotline\[postgres\]"):
        usable_url("postgresql://u@db/h")


def test_given_a_password_in_the_address_when_the_settings_are_shown_then_it_is_not() -> None:
    settings = Settings(database=DatabaseSettings(url="postgresql://u:geheim@db/h"))
    assert "geheim" not in repr(settings)
