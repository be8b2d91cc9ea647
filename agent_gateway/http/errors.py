"""Errors as the web sees them: ``{"error": {"code", "message", "message_en", "details"}}``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aiohttp import web
from pydantic import BaseModel

from config.faults import problem_zh


class ErrorDetail(BaseModel):
    """One fault of the input: ``field`` is its dotted path; ``problem_zh`` is for people."""

    field: str
    problem: str
    problem_zh: str = ""


class ErrorBody(BaseModel):
    """What went wrong. ``message`` is Chinese, for people; ``code`` is for programs."""

    code: str
    message: str
    message_en: str
    details: list[ErrorDetail] = []


class ErrorReply(BaseModel):
    """Every reply that is no success."""

    error: ErrorBody


class ApiError(Exception):
    """Ends a request with an error.

    Args:
        status: HTTP status.
        code: short word for programs.
        message: Chinese, one sentence that says what to do.
        message_en: the same in English.
        details: faults of single fields.
        headers: additional reply headers.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        message_en: str,
        *,
        details: list[ErrorDetail] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message_en)
        self.status = status
        self.headers = headers or {}
        self.body = ErrorBody(
            code=code, message=message, message_en=message_en, details=details or []
        )

    def response(self) -> web.Response:
        """The reply."""
        reply = ErrorReply(error=self.body)
        return web.json_response(
            text=reply.model_dump_json(), status=self.status, headers=self.headers
        )


def details_of(errors: Sequence[Any]) -> list[ErrorDetail]:
    """Pydantic's errors without the input they complain of."""
    return [
        ErrorDetail(
            field=".".join(str(part) for part in one["loc"]),
            problem=one["msg"],
            problem_zh=problem_zh(one["type"], one.get("ctx", {})),
        )
        for one in errors[:20]
    ]


def refused_field(status: int, code: str, field: str, message: str, message_en: str) -> ApiError:
    """A refusal because of one field of the input."""
    detail = ErrorDetail(field=field, problem=message_en, problem_zh=message)
    return ApiError(status, code, message, message_en, details=[detail])


def in_both(error: Exception) -> tuple[str, str]:
    """Why telephony refuses, in Chinese and in English: it says ``Chinese / English``."""
    zh, _, en = str(error).partition(" / ")
    return zh, en or zh


def refused(status: int, code: str, error: Exception) -> ApiError:
    """A refusal of telephony's, in its own words."""
    return ApiError(status, code, *in_both(error))


def not_logged_in() -> ApiError:
    """401."""
    return ApiError(401, "not_logged_in", "请先登录", "log in first")


def forbidden() -> ApiError:
    """403."""
    return ApiError(403, "forbidden", "您没有查看或操作此内容的权限", "you may not see or do this")


def not_found(what: str, what_en: str) -> ApiError:
    """404 for a thing that is named in both languages."""
    return ApiError(404, "not_found", f"没有找到该{what}", f"there is no such {what_en}")


def no_telephony() -> ApiError:
    """503: Asterisk is not looked after by this process, or not yet."""
    return ApiError(503, "no_telephony", "电话系统未启动", "the telephone system is not running")


def unavailable() -> ApiError:
    """503: the database is away; calls go on."""
    return ApiError(
        503,
        "database_unavailable",
        "数据库暂时不可用，通话不受影响，请稍后重试",
        "the database is not available at the moment; calls go on; try again later",
    )
