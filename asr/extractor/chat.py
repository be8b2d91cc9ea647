"""One question to a server that speaks OpenAI's chat completions (vLLM, Ollama, llama.cpp, …)."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Final

import aiohttp

from config.errors import ConfigError
from config.settings import ExtractorSettings

LARGEST_ANSWER: Final = 64 * 1024
"""Bytes; more than this is no answer to what was asked."""
MOST_TOKENS: Final = 800


class ModelError(Exception):
    """No answer. ``result`` for the metrics: timeout, unreachable, status or garbage."""

    def __init__(self, result: str, reason: str) -> None:
        super().__init__(reason)
        self.result = result


class ChatModel:
    """The model behind ``settings.url``.

    Raises:
        ConfigError: the key's file cannot be read.
    """

    def __init__(self, settings: ExtractorSettings) -> None:
        self._settings = settings
        self._headers: dict[str, str] = {}
        if settings.key_file is not None:
            try:
                key = settings.key_file.read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise ConfigError(
                    settings.key_file,
                    "",
                    f"cannot be read (extractor.key_file): {error}",
                    f"无法读取（extractor.key_file）：{error}",
                ) from error
            if not key.isascii() or not key.isprintable():
                raise ConfigError(
                    settings.key_file,
                    "",
                    "must hold one line of plain characters",
                    "应为一行普通字符",
                )
            self._headers = {"Authorization": f"Bearer {key}"}

    async def ask(self, messages: list[dict[str, str]]) -> str:
        """What the model answers.

        Raises:
            ModelError: it does not, not in time, or in another protocol.
        """
        question = {
            "model": self._settings.model,
            "messages": messages,
            "temperature": 0,
            "max_tokens": MOST_TOKENS,
            "response_format": {"type": "json_object"},
        }
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                return _content(await self._post(question))
        except TimeoutError as error:
            raise ModelError("timeout", f"none in {self._settings.timeout_s:g} s") from error
        except (aiohttp.ClientError, OSError) as error:
            raise ModelError("unreachable", str(error)[:200] or type(error).__name__) from error

    async def _post(self, question: dict[str, Any]) -> bytes:
        url = f"{self._settings.url.rstrip('/')}/chat/completions"
        async with (
            aiohttp.ClientSession(headers=self._headers) as http,
            # a transcript goes to the host that was configured, and nowhere else
            http.post(url, json=question, allow_redirects=False) as answer,
        ):
            if answer.status != 200:
                raise ModelError("status", f"status {answer.status}")
            body = bytearray()
            async for piece in answer.content.iter_any():
                body += piece
                if len(body) > LARGEST_ANSWER:
                    raise ModelError("garbage", "the answer is too long")
            return bytes(body)


def _content(body: bytes) -> str:
    try:
        content = json.loads(body)["choices"][0]["message"]["content"]
    except (ValueError, KeyError, IndexError, TypeError, RecursionError) as error:
        raise ModelError("garbage", "no chat completion") from error
    if not isinstance(content, str):
        raise ModelError("garbage", "no text")
    return content
