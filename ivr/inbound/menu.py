"""Walking through a line's menu. Every way out of it is a person."""

from __future__ import annotations

from dataclasses import dataclass

from config.menus import (
    Action,
    Back,
    ChangeLanguage,
    Emergency,
    Enter,
    Info,
    Menu,
    Menus,
    TicketProgress,
    ToMenu,
    ToPerson,
)
from ivr.conversation import ALL_KEYS, Conversation, EmergencyPressed
from ivr.selfservice import TicketStatusSource, tell_ticket_progress

# A caller who still wanders about after so many prompts is helped better by a person.
MAX_STEPS = 20
PERSON, AGAIN = "0", "*"
DIGIT_S = 5.0
NUMBER_LIMIT_S = 60.0


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the caller waits; None: what the line says.

    ``emergency``: to an emergency line instead, by its number, or "" if it is not known yet.
    """

    queue: str | None = None
    priority: int | None = None
    emergency: str | None = None


async def walk_menu(
    conversation: Conversation, menus: Menus, entry: str, tickets: TicketStatusSource | None
) -> Destination:
    """Offer the menu ``entry`` and do what the keys say.

    Raises:
        CallerGone: the caller hung up.
        EmergencyPressed: the caller pressed the emergency key.
    """
    trail = [menus.menus[entry]]
    for _ in range(MAX_STEPS):
        menu = trail[-1]
        conversation.note("menu", menu.key)
        chosen = await _choose(conversation, menu)
        if chosen is None:
            conversation.note("menu", "no choice")
            return Destination()
        key, action = chosen
        match action:
            case ToPerson():
                return Destination(action.queue, action.priority)
            case ToMenu():
                trail.append(menus.menus[action.menu])
            case Back():
                if len(trail) > 1:
                    trail.pop()
            case ChangeLanguage():
                conversation.language = action.language
            case TicketProgress():
                await tell_ticket_progress(conversation, tickets)
                return Destination()
            case Emergency():
                return Destination(emergency=action.line or "")
            case Enter():
                await _enter(conversation, menu.info_prompt_key(key), action)
                return Destination(action.queue)
            case Info():
                conversation.note("info", menu.info_prompt_key(key))
                cut = await _inform(conversation, menu.info_prompt_key(key))
                if cut == "0" or action.then == "person":
                    return Destination()
    return Destination()


async def _inform(conversation: Conversation, prompt: str) -> str | None:
    """Say it, again as often as the caller presses * meanwhile; returns 0 if that was pressed."""
    cut: str | None = AGAIN
    for _ in range(MAX_STEPS):
        cut = await conversation.say(prompt, PERSON + AGAIN)
        if cut != AGAIN:
            break
    return cut


async def _enter(conversation: Conversation, prompt: str, action: Enter) -> None:
    """Collect a number; without one the caller goes to a person all the same."""
    keys = await conversation.ask_number(
        prompt, digit_s=DIGIT_S, max_digits=action.max_digits, limit_s=NUMBER_LIMIT_S
    )
    digits = keys.digits if keys is not None and keys.digits != PERSON else ""
    conversation.note("entered", f"{action.label} {digits or '-'}", private=True)


async def _choose(conversation: Conversation, menu: Menu) -> tuple[str, Action] | None:
    actions: dict[str, Action] = {str(key): action for key, action in menu.keys.items()}
    key: str | None = None
    for attempt in range(menu.retries + 1):
        if key is None:
            key = await conversation.say(menu.prompt_key, ALL_KEYS)
        if key is None:
            key = await conversation.wait_key(menu.timeout_s)
        if key in actions:
            return key, actions[key]
        if key is not None and key == conversation.emergency_key:
            raise EmergencyPressed
        if attempt < menu.retries:
            key = await conversation.say("no-input" if key is None else "wrong-key", ALL_KEYS)
    return None
