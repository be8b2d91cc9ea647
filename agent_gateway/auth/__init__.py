"""Who is there: passwords, sessions, roles, and the brake on guessing."""

from agent_gateway.auth.accounts import LEVELS, AccountError, Accounts, NewAccount
from agent_gateway.auth.passwords import MIN_PASSWORD, PasswordTooShortError, hash_password
from agent_gateway.auth.principal import Principal, Role
from agent_gateway.auth.service import Auth, BadLoginError, TooManyTriesError
from agent_gateway.auth.throttle import Throttle
from agent_gateway.auth.viewing import ViewAudit

__all__ = [
    "LEVELS",
    "MIN_PASSWORD",
    "AccountError",
    "Accounts",
    "Auth",
    "BadLoginError",
    "NewAccount",
    "PasswordTooShortError",
    "Principal",
    "Role",
    "Throttle",
    "TooManyTriesError",
    "ViewAudit",
    "hash_password",
]
