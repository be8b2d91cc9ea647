"""A route is declared once; handler, validation, roles and documentation come from it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from agent_gateway.auth import Principal, Role
from agent_gateway.http.errors import not_logged_in

if TYPE_CHECKING:
    from agent_gateway.http.context import GatewayContext

EVERYBODY = frozenset(Role)
LEADERS = frozenset({Role.SUPERVISOR, Role.ADMIN})


class Strict(BaseModel):
    """Input from outside: what is not declared is refused."""

    model_config = ConfigDict(extra="forbid")


class Nothing(Strict):
    """No query, or no body."""


Q = TypeVar("Q", bound=BaseModel)
B = TypeVar("B", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Exchange(Generic[Q, B]):
    """One request, validated, and everything needed to answer it.

    Attributes:
        query: the query string.
        body: the JSON body.
        who: None only on routes without roles.
        ip: the peer's address.
        token: the session token that came with the request; "" without one.
    """

    context: GatewayContext
    request: web.Request
    query: Q
    body: B
    who: Principal | None
    ip: str
    token: str

    @property
    def user(self) -> Principal:
        """The logged-in person.

        Raises:
            ApiError: 401; cannot happen on a route with roles.
        """
        if self.who is None:
            raise not_logged_in()
        return self.who

    async def audit(self, action: str, thing: str = "", *, detail: str = "") -> None:
        """Write down what the person does, to what, and from where.

        Raises:
            SQLAlchemyError: it cannot be written.
        """
        await self.context.store.audit.add(
            self.user.username, action, thing, detail=detail, ip=self.ip
        )

    def path(self, name: str) -> str:
        """A variable part of the path."""
        return self.request.match_info[name]

    def number(self, name: str) -> int:
        """A variable part of the path that is the number of something; 0 for what is none."""
        text = self.path(name)
        # no database takes a greater number
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


Reply = BaseModel | web.StreamResponse


@dataclass(frozen=True, slots=True)
class Route(Generic[Q, B]):
    """One method of one path.

    Attributes:
        method: upper case.
        path: aiohttp's pattern, variable parts in plain braces.
        handler: answers; returns the reply's model, or a response of its own.
        summary: one line for the documentation.
        tag: heading in the documentation.
        query: type of the query string.
        body: type of the JSON body.
        reply: type of the JSON reply; None when the handler makes its own response.
        media: content type when ``reply`` is None.
        roles: who may; None: everybody, without login.
        status: of a successful reply.
        personal: the reply is masked for roles that see personal data so.
        urgent: whoever has a page open with this session is known without asking the database.
        documented: False: left out of the OpenAPI document.
    """

    method: str
    path: str
    handler: Callable[[Exchange[Q, B]], Awaitable[Reply]]
    summary: str
    tag: str
    query: type[Q]
    body: type[B]
    reply: type[BaseModel] | None = None
    media: str = "application/json"
    roles: frozenset[Role] | None = EVERYBODY
    status: int = 200
    personal: bool = field(default=True, kw_only=True)
    urgent: bool = field(default=False, kw_only=True)
    documented: bool = field(default=True, kw_only=True)


AnyRoute = Route[Any, Any]
