"""How prompts are called."""


def greeting_key(number: str) -> str:
    """The prompt with which callers of an answered line are greeted."""
    return f"greeting-{number}"


def announcement_key(number: str) -> str:
    """The prompt that tells what became of a number out of service."""
    return f"announcement-{number}"
