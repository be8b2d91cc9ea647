"""The OpenAPI 3.1 document, made from the same types that check the requests."""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from agent_gateway.http.conflicts import shared_by
from agent_gateway.http.errors import ErrorReply
from agent_gateway.http.route import AnyRoute, Nothing

_CONFLICTS = {
    "409": "Somebody else has changed it since it was read; nothing was changed",
    "428": "The request does not say what was read (`read`); nothing was changed",
}
_REF = "#/components/schemas/{model}"


def openapi(routes: Sequence[AnyRoute]) -> dict[str, Any]:
    """The document for the documented ones of the routes."""
    shown = [route for route in routes if route.documented]
    inputs = {route.body for route in shown if route.body is not Nothing}
    outputs: set[type[BaseModel]] = {route.reply for route in shown if route.reply is not None}
    wanted: list[tuple[type[BaseModel], JsonSchemaMode]] = [
        *((model, "validation") for model in sorted(inputs, key=_name)),
        *((model, "serialization") for model in sorted(outputs | {ErrorReply}, key=_name)),
    ]
    refs, definitions = models_json_schema(wanted, ref_template=_REF)
    paths: dict[str, dict[str, Any]] = {}
    for route in shown:
        path = re.sub(r"\{(\w+):[^}]*\}", r"{\1}", route.path)
        paths.setdefault(path, {})[route.method.lower()] = _operation(route, path, refs)
    return {
        "openapi": "3.1.0",
        "info": {"title": "12345 hotline", "version": _version()},
        "paths": paths,
        "components": {
            "schemas": definitions.get("$defs", {}),
            "securitySchemes": {
                "cookie": {"type": "apiKey", "in": "cookie", "name": "hotline_session"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
        },
    }


def _operation(route: AnyRoute, path: str, refs: dict[Any, Any]) -> dict[str, Any]:
    success: dict[str, Any] = {"description": "Success"}
    if route.reply is not None:
        schema = refs[(route.reply, "serialization")]
        success["content"] = {"application/json": {"schema": schema}}
    elif route.status not in (101, 204):
        success["content"] = {route.media: {}}
    failure = {"application/json": {"schema": refs[(ErrorReply, "serialization")]}}
    operation: dict[str, Any] = {
        "operationId": f"{route.method.lower()}{re.sub(r'[^a-z0-9]+', '_', path.lower())}",
        "summary": route.summary,
        "tags": [route.tag],
        "responses": {
            str(route.status): success,
            "default": {"description": "An error", "content": failure},
        },
    }
    if shared_by(route):
        for status, meaning in _CONFLICTS.items():
            operation["responses"][status] = {"description": meaning, "content": failure}
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"\{(\w+)\}", path)
    ] + _query(route)
    if parameters:
        operation["parameters"] = parameters
    if route.body is not Nothing:
        schema = refs[(route.body, "validation")]
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema}},
        }
    if route.roles is not None:
        operation["security"] = [{"cookie": []}, {"bearer": []}]
        operation["description"] = "Roles: " + ", ".join(sorted(route.roles))
    return operation


def _query(route: AnyRoute) -> list[dict[str, Any]]:
    if route.query is Nothing:
        return []
    schema = route.query.model_json_schema()
    required = set(schema.get("required", ()))
    return [
        {"name": name, "in": "query", "required": name in required, "schema": one}
        for name, one in schema.get("properties", {}).items()
    ]


def _name(model: type[BaseModel]) -> str:
    return model.__name__


def _version() -> str:
    try:
        return version("hotline")
    except PackageNotFoundError:
        return "0"
