"""What callers hear: texts, voices, recordings, hold music, and the files Asterisk plays."""

from ivr.prompts.catalogue import installation_texts, load_shared_texts, prompt_texts
from ivr.prompts.check import PromptFault, check_prompts
from ivr.prompts.interfaces import Language, Sound, Synthesiser, SynthesisError
from ivr.prompts.library import PromptLibrary, is_prompt_key
from ivr.prompts.render import RenderReport, render_prompts

__all__ = [
    "Language",
    "PromptFault",
    "PromptLibrary",
    "RenderReport",
    "Sound",
    "SynthesisError",
    "Synthesiser",
    "check_prompts",
    "installation_texts",
    "is_prompt_key",
    "load_shared_texts",
    "prompt_texts",
    "render_prompts",
]
