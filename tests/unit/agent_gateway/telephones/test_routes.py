"""Who may have which telephone's secret, and what a choice does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from agent_gateway.telephones import Telephones, telephones
from telephony.ami import AmiAction
from telephony.asterisk.process import AsteriskProcessError
from tests.unit.agent_gateway.house import House

OWN = "/api/agents/8001/telephone"
SECRET = "/api/agents/8001/softphone"
PAGE = {"page": "0123456789abcdef"}


class Asterisk:
    """Answers what a telephone's state is, and takes new endpoints."""

    def __init__(self) -> None:
        self.state = "UNAVAILABLE"
        self.applied = 0
        self.refuses = False

    async def action(self, fields: AmiAction) -> Sequence[Mapping[str, str]]:
        assert fields.fields["Variable"] == "DEVICE_STATE(PJSIP/agent-8001)"
        return [{"Response": "Success", "Value": self.state}]

    async def apply(self, *_: Any) -> Path:
        if self.refuses:
            raise AsteriskProcessError("it does not answer")
        self.applied += 1
        return Path("asterisk.conf")


@pytest.fixture
def asterisk(house: House, monkeypatch: pytest.MonkeyPatch) -> Asterisk:
    """A house with telephones and the softphone's library."""
    asterisk, context = Asterisk(), house.context
    monkeypatch.setattr(telephones, "apply_endpoints", asterisk.apply)
    context.telephones = Telephones(context.settings, context.secrets, house.store, asterisk)
    library = context.settings.softphone_dir / "jssip.js"
    library.parent.mkdir(parents=True)
    library.write_text("export default {};", encoding="utf-8")
    return asterisk


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("GET", OWN, None), ("PUT", OWN, {"telephone": "browser"}), ("POST", SECRET, PAGE)],
)
async def test_given_somebody_else_s_telephone_when_asked_for_then_refused(
    house: House, asterisk: Asterisk, method: str, path: str, body: Any
) -> None:
    assert (await house.ask(method, path, body=body))[0] == 401
    for other in ("li", "boss", "root"):
        assert (await house.ask(method, path, as_=other, body=body))[0] == 403
    nobody = path.replace("8001", "8099")
    assert (await house.ask(method, nobody, as_="zhang", body=body))[0] == 403
    assert asterisk.applied == 0


async def test_given_the_browser_when_chosen_then_asterisk_is_told_once_and_the_owner_has_a_secret(
    house: House, asterisk: Asterisk
) -> None:
    status, view = await house.ask("GET", OWN, as_="zhang")
    assert (status, view) == (200, {"telephone": "", "softphone": True, "registered": False})
    assert (await house.ask("POST", SECRET, as_="zhang", body=PAGE))[0] == 409
    for _ in range(2):
        status, view = await house.ask("PUT", OWN, as_="zhang", body={"telephone": "browser"})
        assert (status, view["telephone"]) == (200, "browser")
    assert asterisk.applied == 1
    asterisk.state = "NOT_INUSE"
    assert (await house.ask("GET", OWN, as_="zhang"))[1]["registered"]
    async with house.page("zhang") as page, house.page("li") as other:
        status, secret = await house.ask("POST", SECRET, as_="zhang", body=PAGE)
        assert status == 200
        assert secret == {
            "url": "ws://127.0.0.1:8088/ws",
            "username": "agent-8001",
            "password": "",
        }
        assert (await page.hear("telephone.taken"))["page"] == PAGE["page"]
        assert not [one for one in await other.everything() if one["type"] == "telephone.taken"]


async def test_given_an_asterisk_that_is_not_told_then_the_choice_is_not_kept(
    house: House, asterisk: Asterisk
) -> None:
    asterisk.refuses = True
    status, reply = await house.ask("PUT", OWN, as_="zhang", body={"telephone": "browser"})
    assert (status, reply["error"]["code"]) == (503, "not_told")
    assert (await house.ask("GET", OWN, as_="zhang"))[1]["telephone"] == ""


async def test_given_no_library_when_asked_then_there_is_no_softphone(
    house: House, asterisk: Asterisk
) -> None:
    (house.context.settings.softphone_dir / "jssip.js").unlink()
    assert not (await house.ask("GET", OWN, as_="zhang"))[1]["softphone"]
    status, _ = await house.ask("PUT", OWN, as_="zhang", body={"telephone": "browser"})
    assert status == 409
    assert (await house.ask("GET", "/softphone/jssip.js"))[0] == 404


async def test_given_the_page_when_fetched_then_it_may_connect_to_asterisk_and_nowhere_else(
    house: House, asterisk: Asterisk
) -> None:
    async with house.client.get(house.url + "/") as reply:
        policy = reply.headers["Content-Security-Policy"]
    assert "connect-src 'self' ws://127.0.0.1:8088;" in policy
    assert "{" not in policy
    async with house.client.get(house.url + "/softphone/jssip.js") as reply:
        # a browser takes a module of a type of JavaScript only
        assert reply.status == 200
        assert reply.content_type in ("text/javascript", "application/javascript")
