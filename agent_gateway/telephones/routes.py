"""/api/agents/{extension}/telephone and …/softphone: an agent's own telephone, for nobody else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field

from agent_gateway.http.errors import ApiError, forbidden, no_telephony
from agent_gateway.http.route import AnyRoute, Exchange, Nothing, Route, Strict
from agent_gateway.store import User
from agent_gateway.telephones.telephones import TelephoneError, TelephoneKind, Telephones
from telephony.events import AgentState

if TYPE_CHECKING:
    from agent_gateway.http.context import GatewayContext


class TelephoneRequest(Strict):
    """What the own telephone shall be."""

    telephone: TelephoneKind


class TelephoneView(BaseModel):
    """The own telephone.

    ``softphone``: the browser can be one here; ``registered``: one is there now.
    """

    telephone: TelephoneKind
    softphone: bool
    registered: bool


class SoftphoneRequest(Strict):
    """``page``: a name that the page has made for itself, to know its own message."""

    page: str = Field(pattern=r"^[A-Za-z0-9-]{8,64}$")


class SoftphoneView(BaseModel):
    """What the browser registers with, at Asterisk's WebSocket ``url``."""

    url: str
    username: str
    password: str


async def show(exchange: Exchange[Nothing, Nothing]) -> TelephoneView:
    """What the own telephone is."""
    return await _view(exchange.context, await _owner(exchange))


async def choose(exchange: Exchange[Nothing, TelephoneRequest]) -> TelephoneView:
    """Take calls in the browser, or at the desk."""
    user, context = await _owner(exchange), exchange.context
    extension, kind = user.extension or "", exchange.body.telephone
    if kind is TelephoneKind.BROWSER and not _telephones(context).softphone:
        raise ApiError(
            409, "no_softphone", "本系统未启用浏览器软电话", "there is no softphone in this hotline"
        )
    at_work = (AgentState.RINGING, AgentState.TALKING)
    if context.desk.snapshot(extension).state in at_work and kind != user.telephone:
        raise ApiError(
            409, "in_call", "通话中不能更换电话，请在通话结束后再换", "not in the middle of a call"
        )
    await exchange.audit("telephone.choose", extension, detail=kind.value)
    try:
        await _telephones(context).use(extension, kind)
    except TelephoneError as error:
        raise ApiError(
            503, "not_told", "电话系统没有接受更改，请稍后重试", f"Asterisk was not told: {error}"
        ) from error
    return await _view(context, await _owner(exchange))


async def begin(exchange: Exchange[Nothing, SoftphoneRequest]) -> SoftphoneView:
    """What to register with; the agent's other pages hear that this one has the telephone now."""
    user, context = await _owner(exchange), exchange.context
    if not _telephones(context).softphone or user.telephone != TelephoneKind.BROWSER:
        raise ApiError(
            409,
            "desk_telephone",
            "您的电话是话机；请先选择用浏览器接电话",
            "the telephone is on the desk; choose the browser first",
        )
    extension = user.extension or ""
    await exchange.audit("telephone.softphone", extension)
    context.live.telephone_taken(extension, exchange.body.page)
    return SoftphoneView(
        url=context.settings.softphone.address,
        username=f"agent-{extension}",
        password=user.sip_password,
    )


async def _owner(exchange: Exchange[Nothing, Any]) -> User:
    """Whose telephone it is.

    Raises:
        ApiError: 403 for everybody else, whether it exists or not.
    """
    extension = exchange.path("extension")
    user = await exchange.context.store.users.by_extension(extension)
    if user is None or user.username != exchange.user.username:
        raise forbidden()
    return user


async def _view(context: GatewayContext, user: User) -> TelephoneView:
    telephones = _telephones(context)
    return TelephoneView(
        telephone=TelephoneKind(user.telephone),
        softphone=telephones.softphone,
        registered=await telephones.registered(user.extension or ""),
    )


def _telephones(context: GatewayContext) -> Telephones:
    if context.telephones is None:
        raise no_telephony()
    return context.telephones


_TELEPHONE = "/api/agents/{extension}/telephone"
ROUTES: tuple[AnyRoute, ...] = (
    Route("GET", _TELEPHONE, show, "The own telephone", "agents", Nothing, Nothing, TelephoneView),
    Route(
        "PUT",
        _TELEPHONE,
        choose,
        "Take calls in the browser or at the desk",
        "agents",
        Nothing,
        TelephoneRequest,
        TelephoneView,
    ),
    Route(
        "POST",
        "/api/agents/{extension}/softphone",
        begin,
        "What the own browser registers with",
        "agents",
        Nothing,
        SoftphoneRequest,
        SoftphoneView,
        personal=False,
    ),
)
