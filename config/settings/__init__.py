"""The one settings file, ``hotline.toml``, and the secrets made at first start."""

from config.settings.addresses import local_url, reachable
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
    SurveyCallSettings,
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
    "SurveyCallSettings",
    "TrunkSettings",
    "WebSettings",
    "load_secrets",
    "load_settings",
    "local_url",
    "reachable",
    "settings_file",
]
