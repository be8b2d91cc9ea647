from __future__ import annotations

import os
from pathlib import Path

import pytest

from config.errors import ConfigError
from config.settings import load_settings, settings_file


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("HOTLINE_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def write(text: str) -> Path:
    file = Path("hotline.toml").absolute()
    file.write_text(text, encoding="utf-8")
    return file


def fault(text: str) -> ConfigError:
    file = write(text)
    with pytest.raises(ConfigError) as caught:
        load_settings(file)
    assert caught.value.file == file
    return caught.value


def test_given_nothing_then_defaults_with_absolute_folders() -> None:
    settings = load_settings()
    assert settings.web.port == 8080
    assert settings.data_dir.is_absolute()
    assert settings.prompts_dir == settings.data_dir / "prompts"


def test_given_a_file_in_the_folder_then_it_is_read() -> None:
    write("[web]\nport = 9001\n")
    assert load_settings().web.port == 9001


def test_given_an_environment_variable_then_it_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    write("[web]\nport = 9001\nhost = '::1'\n")
    monkeypatch.setenv("HOTLINE_WEB__PORT", "9002")
    settings = load_settings()
    assert (settings.web.port, settings.web.host) == (9002, "::1")


def test_given_a_file_named_in_the_environment_that_is_not_there_then_it_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOTLINE_CONFIG", "/nowhere/hotline.toml")
    with pytest.raises(ConfigError, match="no such file"):
        settings_file()


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[web]\nport = 0\n", "web.port"),
        ("[web]\nprot = 80\n", "web.prot"),
        ("colour = 'red'\n", "colour"),
        ("[city]\narea_code = '931'\n", "city.area_code"),
        ("[city]\ntimezone = 'Asia/Lanzhou'\n", "city.timezone"),
        ("[asterisk]\nami_user = 'a\\nb'\n", "asterisk.ami_user"),
        ("[asterisk]\nsip_bind = '0.0.0.0;x'\n", "asterisk.sip_bind"),
        ("[asterisk]\nrtp_start = 2000\nrtp_end = 1000\n", "asterisk"),
        ("[trunk]\naddresses = ['carrier']\n", "trunk.addresses"),
        ("[trunk]\naddresses = []\n", "trunk.addresses"),
        ("[recording]\nretention_days = 30\n", "recording.retention_days"),
        ("[agents]\nbreak_reasons = []\n", "agents.break_reasons"),
    ],
)
def test_given_a_faulty_value_then_its_key_is_named(text: str, key: str) -> None:
    assert fault(text).key.startswith(key)


def test_given_broken_toml_then_the_line_is_named() -> None:
    assert "line 2" in fault("[web]\nport = = 1\n").reason


def test_given_a_folder_instead_of_a_file_then_a_plain_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_settings(tmp_path)


def test_given_an_unreadable_environment_value_then_a_config_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOTLINE_TRUNK__ADDRESSES", "not json")
    with pytest.raises(ConfigError):
        load_settings()


def test_given_one_port_for_sip_and_softphones_then_refused() -> None:
    assert "must differ" in str(fault("[softphone]\nport = 5060\n"))


def test_given_a_certificate_without_its_key_or_address_then_refused() -> None:
    assert "key" in str(fault('[softphone]\ncertificate = "c.pem"\n'))
    both = '[softphone]\ncertificate = "c.pem"\nkey = "c.key"\n'
    assert "url is needed" in str(fault(both))
