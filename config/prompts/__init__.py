"""What is said to callers: every prompt's key and text."""

from config.prompts.texts import DEFAULT_PROMPTS, announcement_key, greeting_key, prompt_texts

__all__ = ["DEFAULT_PROMPTS", "announcement_key", "greeting_key", "prompt_texts"]
