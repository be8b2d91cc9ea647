"""Typed settings. Every field here is documented in ``config/defaults/hotline.toml``."""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from config.calendar import ALL_DAY, OpeningHours, Spans
from config.faults import fault
from config.settings.database import usable_url
from config.settings.queues import QueueTable

Port = Annotated[int, Field(ge=1, le=65535)]
# Whatever is rendered into a file of Asterisk's must not be able to add a line or a section to it.
PlainWord = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+$")]
BindAddress = Annotated[str, Field(pattern=r"^[0-9A-Fa-f.:]+$")]
Network = IPv4Network | IPv6Network


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CitySettings(_Section):
    """Where the hotline is."""

    name: str = "示例市"
    area_code: Annotated[str, Field(pattern=r"^0\d{2,3}$")] = "0931"
    timezone: str = "Asia/Shanghai"
    language: Literal["zh", "en"] = "zh"

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise fault(
                f"没有时区“{value}”；请用 Asia/Shanghai 这样的名称",
                f"unknown time zone {value!r}; use a name such as Asia/Shanghai",
            ) from error
        return value

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which days begin and dates are meant."""
        return ZoneInfo(self.timezone)


class AsteriskSettings(_Section):
    """The Asterisk that carries the calls."""

    managed: bool = True
    binary: Path | None = None
    system_name: PlainWord = "hotline"
    sip_bind: BindAddress = "127.0.0.1"
    sip_port: Port = 5060
    rtp_start: Port = 20000
    rtp_end: Port = 20999
    ami_host: BindAddress = "127.0.0.1"
    ami_port: Port = 5038
    ami_user: PlainWord = "hotline"

    @model_validator(mode="after")
    def _range(self) -> Self:
        if self.rtp_end <= self.rtp_start:
            raise fault("rtp_end 应大于 rtp_start", "rtp_end must be greater than rtp_start")
        return self


class TrunkSettings(_Section):
    """The carrier's SIP trunk."""

    addresses: Annotated[tuple[Network, ...], Field(min_length=1)] = (IPv4Network("127.0.0.1/32"),)
    codecs: Annotated[tuple[Literal["alaw", "ulaw"], ...], Field(min_length=1)] = ("alaw", "ulaw")


TrunkHost = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,120}[A-Za-z0-9])?(?::[0-9]{1,5})?$")
]
# Digits, X for any digit, and at the end a dot for any further ones.
DialPattern = Annotated[str, Field(pattern=r"^(?:[0-9X]{2,24}|[0-9X]{1,24}\.)$")]
# A header of the carrier's choice, never one that SIP itself needs.
PlaceHeader = Annotated[str, Field(pattern=r"^(?:X-[A-Za-z0-9-]{1,40}|User-to-User)?$")]
EmergencyLine = Annotated[str, Field(pattern=r"^[0-9]{3,8}$")]


class OutboundSettings(_Section):
    """Calls to the outside: through which trunks, who may dial what."""

    trunks: Annotated[tuple[TrunkHost, ...], Field(max_length=2)] = ()
    qualify_seconds: Annotated[int, Field(ge=0, le=300)] = 10
    # more than the two seconds after which a silent trunk is left for the next one
    ring_seconds: Annotated[int, Field(ge=4, le=120)] = 30
    shown_number: Annotated[str, Field(pattern=r"^[0-9]{3,15}$")] = "12345"
    agent_numbers: tuple[DialPattern, ...] = ()
    supervisor_numbers: tuple[DialPattern, ...] = ()
    emergency_lines: tuple[EmergencyLine, ...] = ("110", "119", "120", "122")
    drill_number: Annotated[str, Field(pattern=r"^(?:[0-9]{3,15})?$")] = ""
    location_header: PlaceHeader = ""


class EmergencySettings(_Section):
    """Callers in danger who have not reached anybody yet."""

    key: Literal["#", "3", "4", "5", "6", "7", "8", ""] = "#"
    listen_waiting: Annotated[int, Field(ge=0, le=200)] = 4


class AgiSettings(_Section):
    """The FastAGI service."""

    host: BindAddress = "127.0.0.1"
    port: Port = 4573
    reply_timeout_s: Annotated[float, Field(gt=0, le=10)] = 2.0


class AudioSocketSettings(_Section):
    """Where Asterisk delivers live audio."""

    host: BindAddress = "127.0.0.1"
    port: Port = 9292


class WebSettings(_Section):
    """The HTTP server."""

    host: BindAddress = "127.0.0.1"
    port: Port = 8080
    session_hours: Annotated[int, Field(ge=1, le=24)] = 12
    secure_cookies: bool = False


SoftphoneUrl = Annotated[
    str,
    Field(
        pattern=r"^(?:wss?://[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?/[\w./-]*)?$"
    ),
]


class SoftphoneSettings(_Section):
    """The telephone in the agents' browser: Asterisk's WebSocket."""

    enabled: bool = True
    host: BindAddress = "127.0.0.1"
    port: Port = 8088
    certificate: Path | None = None
    key: Path | None = None
    url: SoftphoneUrl = ""

    @field_validator("certificate", "key")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return None if value is None else value.expanduser().resolve()

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise fault("certificate 和 key 要一起写", "certificate and key are needed together")
        if self.certificate is not None and not self.url.startswith("wss://"):
            raise fault(
                "有证书时必须写 url：wss://<证书上的名称>:<端口>/ws",
                "with a certificate url is needed, wss://<its name>:<port>/ws",
            )
        return self

    @property
    def address(self) -> str:
        """What the browser connects to."""
        return self.url or f"ws://127.0.0.1:{self.port}/ws"


class DatabaseSettings(_Section):
    """Where records are kept. Empty: SQLite in the data folder."""

    # a password is in it
    url: str = Field("", repr=False)

    @field_validator("url")
    @classmethod
    def _usable(cls, url: str) -> str:
        return usable_url(url) if url else url


LineEngine = Annotated[str, Field(pattern=r"^[0-9]{3,15}=(?:vosk|whisper|sherpa)$")]


LineWords = Annotated[str, Field(pattern=r"^(?:[0-9]{3,15}|all)(?:=[^=\r\n]+)?$")]


class AsrSettings(_Section):
    """Live speech recognition."""

    enabled: bool = True
    engine: Literal["auto", "vosk", "whisper", "sherpa"] = "auto"
    lines: tuple[LineEngine, ...] = ()
    names: tuple[str, ...] = ()
    hot_words: tuple[LineWords, ...] = ("all",)
    vosk_model: Path | None = None
    sherpa_model: Path | None = None
    prefill_artefact: Path | None = None
    threads: Annotated[int, Field(ge=1, le=64)] = 2

    @property
    def engine_by_line(self) -> dict[str, str]:
        """Line -> engine, for the lines that do not use the default."""
        return dict(entry.split("=") for entry in self.lines)

    @property
    def hot_words_by_line(self) -> dict[str, tuple[str, ...]]:
        """Line (or ``all``) -> its own words, for the lines whose engine is given names."""
        entries = (entry.partition("=") for entry in self.hot_words)
        return {line: tuple(filter(None, re.split("[,，]", words))) for line, _, words in entries}


class SecondPassSettings(_Section):
    """Hearing calls again from their recordings, when they are over."""

    lines: tuple[Annotated[str, Field(pattern=r"^(?:[0-9]{3,15}|all)$")], ...] = ()
    engine: Literal["vosk", "whisper", "sherpa"] = "whisper"
    model: Path | None = None
    live_streams: Annotated[int, Field(ge=0, le=10_000)] = 0


class ExtractorSettings(_Section):
    """A language model beside the rules of the pre-fill; transcripts leave the house redacted."""

    enabled: bool = False
    url: Annotated[str, Field(pattern=r"^(?:https?://[^\s/?#@]+(?:/[^\s?#]*)?)?$")] = ""
    model: Annotated[str, Field(max_length=200)] = ""
    key_file: Path | None = None
    timeout_s: Annotated[float, Field(gt=0, le=120)] = 10.0
    concurrent: Annotated[int, Field(ge=1, le=64)] = 2

    @field_validator("key_file")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return None if value is None else value.expanduser().resolve()

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.enabled and not (self.url and self.model):
            raise fault("启用时必须写 url 和 model", "enabled needs url and model")
        return self


class RecordingSettings(_Section):
    """How long recordings are kept (T24: one year; text, five years, is never deleted)."""

    retention_days: Annotated[int, Field(ge=366)] = 366


class AgentSettings(_Section):
    """How agents are rung."""

    ring_seconds: Annotated[int, Field(ge=3, le=120)] = 20
    wrap_up_seconds: Annotated[int, Field(ge=0, le=3600)] = 30
    missed_calls_before_break: Annotated[int, Field(ge=1, le=20)] = 2
    break_reasons: Annotated[tuple[str, ...], Field(min_length=1)] = (
        "小休",
        "用餐",
        "培训",
        "会议",
    )


class QueueSettings(_Section):
    """How callers wait. 15 s is the answering time of GB/T 33358."""

    service_level_seconds: Annotated[int, Field(ge=1, le=600)] = 15
    announce_seconds: Annotated[int, Field(ge=0, le=600)] = 30
    retry_seconds: Annotated[int, Field(ge=1, le=30)] = 1
    voicemail_seconds: Annotated[int, Field(ge=10, le=600)] = 120
    short_abandon_seconds: Annotated[int, Field(ge=0, le=60)] = 5


class CallerSettings(_Section):
    """Who the caller is: blocked numbers, and those who need not wait again."""

    longest_block_days: Annotated[int, Field(ge=1, le=366)] = 30
    repeat_hours: Annotated[int, Field(ge=1, le=168)] = 24
    repeat_priority: Annotated[int, Field(ge=0, le=100)] = 5


class _RungHours(_Section):
    """When citizens may be rung by themselves: spans of the city's time by the kind of day."""

    working_days: Spans
    weekends: Spans
    holidays: Spans

    @property
    def hours(self) -> OpeningHours:
        """The same, to be asked with a calendar."""
        return OpeningHours(
            working_days=self.working_days, weekends=self.weekends, holidays=self.holidays
        )


class CallbackSettings(_RungHours):
    """Calls to citizens, and those made by themselves for callers who asked while they waited."""

    recording_notice: bool = True
    automatic: bool = True
    working_days: Spans = ALL_DAY
    weekends: Spans = ALL_DAY
    holidays: Spans = ALL_DAY
    attempts: Annotated[int, Field(ge=1, le=10)] = 3
    minutes_between: Annotated[int, Field(ge=1, le=1440)] = 15


class PrivacySettings(_Section):
    """Roles that see personal data masked unless they say why they must see it (GB/T 35273 7.2)."""

    masked_roles: tuple[Literal["agent", "supervisor", "admin"], ...] = ()


class SurveySettings(_Section):
    """The survey of satisfaction after a call."""

    enabled: bool = True
    lines_without: tuple[Annotated[str, Field(pattern=r"^[0-9]{3,15}$")], ...] = ()


LineShare = Annotated[str, Field(pattern=r"^[0-9]{3,15}=(?:100|[1-9]?[0-9])$")]


class SurveyCallSettings(_RungHours):
    """The survey as a call of its own, some time after the call that it is about."""

    lines: tuple[LineShare, ...] = ()
    working_days: Spans = ("09:00-12:00", "14:00-20:00")
    weekends: Spans = ("10:00-12:00", "15:00-18:00")
    holidays: Spans = ()
    minutes_after: Annotated[int, Field(ge=0, le=1440)] = 30
    attempts: Annotated[int, Field(ge=1, le=5)] = 2
    minutes_between: Annotated[int, Field(ge=1, le=1440)] = 120
    days_between: Annotated[int, Field(ge=0, le=366)] = 30
    at_once: Annotated[int, Field(ge=1, le=50)] = 2

    @property
    def share_by_line(self) -> dict[str, int]:
        """Line -> how many of a hundred answered calls are followed by a survey call."""
        return {line: int(share) for line, share in (one.split("=") for one in self.lines)}


class PromptSettings(_Section):
    """Which voice speaks the prompts that nobody recorded.

    ``auto`` takes the built-in voice, then espeak-ng; ``command`` runs ``command`` once a prompt
    with ``{text}``, ``{lang}`` (zh, en) and ``{out}`` (file to write) filled in, without a shell.
    """

    voice: Literal["auto", "kokoro", "espeak", "command"] = "auto"
    command: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _command_with_its_voice(self) -> Self:
        if (self.voice == "command") != bool(self.command):
            raise fault(
                'voice = "command" 时必须写 command，其他情况不能写',
                'command is needed with voice = "command", and only then',
            )
        if self.command and not any("{out}" in word for word in self.command):
            raise fault(
                "command 必须含 {out}，即它写出的文件",
                "command must contain {out}, the file it writes",
            )
        return self


class Settings(BaseSettings):
    """All settings. Environment: ``HOTLINE_`` and the dotted path with ``__``, e.g.

    ``HOTLINE_WEB__PORT=9000``.
    """

    model_config = SettingsConfigDict(
        env_prefix="HOTLINE_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        # the database's password is in one
        hide_input_in_errors=True,
    )

    install_dir: Path = Path("var")
    data_dir: Path = Path("var/data")
    number_plan: Path | None = None
    menus: Path | None = None
    directory: Path | None = None
    quality_rules: Path | None = None
    queues: tuple[QueueTable, ...] = ()
    calendar: Path | None = None
    city: CitySettings = CitySettings()
    asterisk: AsteriskSettings = AsteriskSettings()
    trunk: TrunkSettings = TrunkSettings()
    outbound: OutboundSettings = OutboundSettings()
    emergency: EmergencySettings = EmergencySettings()
    agi: AgiSettings = AgiSettings()
    audiosocket: AudioSocketSettings = AudioSocketSettings()
    web: WebSettings = WebSettings()
    softphone: SoftphoneSettings = SoftphoneSettings()
    database: DatabaseSettings = DatabaseSettings()
    asr: AsrSettings = AsrSettings()
    second_pass: SecondPassSettings = SecondPassSettings()
    extractor: ExtractorSettings = ExtractorSettings()
    recording: RecordingSettings = RecordingSettings()
    agents: AgentSettings = AgentSettings()
    queue: QueueSettings = QueueSettings()
    callback: CallbackSettings = CallbackSettings()
    callers: CallerSettings = CallerSettings()
    survey: SurveySettings = SurveySettings()
    survey_calls: SurveyCallSettings = SurveyCallSettings()
    prompts: PromptSettings = PromptSettings()
    privacy: PrivacySettings = PrivacySettings()

    @field_validator(
        "install_dir", "data_dir", "number_plan", "menus", "directory", "calendar", "quality_rules"
    )
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return None if value is None else value.expanduser().resolve()

    @model_validator(mode="after")
    def _ways_apart(self) -> Self:
        # by its port the dialplan knows what no carrier comes by
        if self.softphone.port == self.asterisk.sip_port:
            raise fault(
                "softphone.port 与 asterisk.sip_port 不能相同",
                "softphone.port and asterisk.sip_port must differ",
            )
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file, which arrives as the init values."""
        return env_settings, init_settings

    @property
    def database_url(self) -> str:
        """SQLAlchemy URL of the store (async driver)."""
        return self.database.url or f"sqlite+aiosqlite:///{self.data_dir / 'hotline.db'}"

    @property
    def asterisk_root(self) -> Path:
        """Where Debian's packages are unpacked when the host has no Asterisk of its own."""
        return self.install_dir / "asterisk"

    @property
    def models_dir(self) -> Path:
        """Where recogniser and voice models live."""
        return self.install_dir / "models"

    @property
    def softphone_dir(self) -> Path:
        """Where the softphone's SIP library is."""
        return self.install_dir / "softphone"

    @property
    def asterisk_dir(self) -> Path:
        """Rendered configuration (``etc``) and Asterisk's own run, log, spool and db folders."""
        return self.data_dir / "asterisk"

    @property
    def recording_spool(self) -> Path:
        """Where Asterisk writes recordings that are not sealed yet."""
        return self.data_dir / "asterisk" / "spool" / "recording"

    @property
    def archive_dir(self) -> Path:
        """Root of the sealed recordings."""
        return self.data_dir / "archive"

    @property
    def prompts_dir(self) -> Path:
        """Rendered prompts, one folder per language."""
        return self.data_dir / "prompts"
