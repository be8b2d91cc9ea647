"""The one settings file, ``hotline.toml``, and the secrets made at first start."""

from config.settings.load import load_settings, settings_file
from config.settings.models import (
    AgentSettings,
    AgiSettings,
    AsrSettings,
    AsteriskSettings,
    AudioSocketSettings,
    CallbackSettings,
    CallerSettings,
    CitySettings,
    DatabaseSettings,
    EmergencySettings,
    ExtractorSettings,
    OutboundSettings,
    PromptSettings,
    QueueSettings,
    RecordingSettings,
    SecondPassSettings,
    Settings,
    TrunkSettings,
    WebSettings,
)
from config.settings.queues import QueueTable
from config.settings.secrets import Secrets, load_secrets

__all__ = [
    "AgentSettings",
    "AgiSettings",
    "AsrSettings",
    "AsteriskSettings",
    "AudioSocketSettings",
    "CallbackSettings",
    "CallerSettings",
    "CitySettings",
    "DatabaseSettings",
    "EmergencySettings",
    "ExtractorSettings",
    "OutboundSettings",
    "PromptSettings",
    "QueueSettings",
    "QueueTable",
    "RecordingSettings",
    "SecondPassSettings",
    "Secrets",
    "Settings",
    "TrunkSettings",
    "WebSettings",
    "load_secrets",
    "load_settings",
    "settings_file",
]
