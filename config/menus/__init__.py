"""IVR menus as data."""

from config.menus.load import DEFAULT_MENUS, load_menus
from config.menus.models import (
    Action,
    Back,
    ChangeLanguage,
    Emergency,
    Enter,
    Info,
    Menu,
    Menus,
    Repeat,
    TicketProgress,
    ToMenu,
    ToPerson,
)

__all__ = [
    "DEFAULT_MENUS",
    "Action",
    "Back",
    "ChangeLanguage",
    "Emergency",
    "Enter",
    "Info",
    "Menu",
    "Menus",
    "Repeat",
    "TicketProgress",
    "ToMenu",
    "ToPerson",
    "load_menus",
]
