from __future__ import annotations

import hashlib

import aiohttp
import pytest

from agent_gateway.auth import Accounts, Throttle
from agent_gateway.http.access import COOKIE
from tests.databases.database import Database
from tests.unit.agent_gateway.house import PASSWORD, House

GOOD = {"username": "zhang", "password": PASSWORD}


async def _audit(house: House) -> list[tuple[str, str, str]]:
    return [(row.user, row.action, row.object) for row in await house.store.audit.latest()]


async def test_given_a_right_password_when_logging_in_then_the_cookie_is_safe_and_works(
    house: House,
) -> None:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        async with browser.post(f"{house.url}/api/login", json=GOOD) as reply:
            cookie = reply.headers["Set-Cookie"]
            user = (await reply.json())["user"]
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert user["role"] == "agent"
        assert user["break_reasons"]
        async with browser.get(f"{house.url}/api/me") as reply:
            assert (await reply.json())["username"] == "zhang"
        own = {"Origin": house.url}
        async with browser.post(f"{house.url}/api/logout", headers=own) as reply:
            assert reply.status == 204
        async with browser.get(f"{house.url}/api/me") as reply:
            assert reply.status == 401
    assert [action for _, action, _ in await _audit(house)] == ["logout", "login"]


async def test_given_a_session_when_the_database_is_stolen_then_no_token_is_in_it(
    house: House, database: Database
) -> None:
    token = await house.token("zhang")
    [(kept,)] = await database.ask("SELECT token_hash FROM sessions")
    assert kept not in (token, hashlib.sha256(token.encode()).hexdigest())


@pytest.mark.parametrize(
    ("username", "password"), [("zhang", "wrong password"), ("nobody", PASSWORD), ("' OR 1=1", "x")]
)
async def test_given_wrong_words_when_logging_in_then_one_plain_answer(
    house: House, username: str, password: str
) -> None:
    body = {"username": username, "password": password}
    status, reply = await house.ask("POST", "/api/login", body=body)
    assert status == 401
    assert reply["error"]["code"] == "bad_login"
    assert reply["error"]["message"] == "用户名或密码错误"
    assert (username, "login.failed", "") in await _audit(house)


async def test_given_many_failures_when_trying_on_then_even_the_right_password_waits(
    house: House,
) -> None:
    bad = {"username": "zhang", "password": "wrong"}
    statuses = [(await house.ask("POST", "/api/login", body=bad))[0] for _ in range(4)]
    assert statuses == [401, 401, 401, 429]
    async with house.client.post(f"{house.url}/api/login", json=GOOD) as reply:
        assert reply.status == 429
        assert int(reply.headers["Retry-After"]) >= 1
    # nobody else is held up
    assert await house.token("li")


async def test_given_a_closed_account_when_its_session_is_used_then_it_is_over(
    house: House,
) -> None:
    await house.token("zhang")
    await Accounts(house.store, "test").set_active("zhang", active=False)
    assert (await house.ask("GET", "/api/me", as_="zhang"))[0] == 401
    assert (await house.ask("POST", "/api/login", body=GOOD))[0] == 401


async def test_given_a_changed_password_when_the_old_session_is_used_then_it_is_over(
    house: House,
) -> None:
    await house.token("zhang")
    new = await Accounts(house.store, "test").set_password("zhang")
    assert (await house.ask("GET", "/api/me", as_="zhang"))[0] == 401
    body = {"username": "zhang", "password": new}
    assert (await house.ask("POST", "/api/login", body=body))[0] == 200


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({"Origin": "http://evil.example"}, False),
        ({"Origin": "null"}, False),
        ({}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-origin"}, True),
    ],
)
async def test_given_a_cookie_when_another_site_sends_a_change_then_it_is_refused(
    house: House, headers: dict[str, str], allowed: bool
) -> None:
    cookie = {"Cookie": f"{COOKIE}={await house.token('zhang')}"}
    body = {"state": "ready"}
    status, _ = await house.ask("POST", "/api/agent/state", body=body, headers=cookie | headers)
    assert status == (200 if allowed else 403)
    # looking is harmless
    assert (await house.ask("GET", "/api/me", headers=cookie | headers))[0] == 200


async def test_given_another_site_when_it_logs_somebody_in_then_it_is_refused(
    house: House,
) -> None:
    headers = {"Origin": "http://evil.example"}
    assert (await house.ask("POST", "/api/login", body=GOOD, headers=headers))[0] == 403


@pytest.mark.parametrize("token", ["", "x", "x" * 5000, "é", "Bearer"])
async def test_given_a_made_up_token_when_asking_then_401(house: House, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    assert (await house.ask("GET", "/api/me", headers=headers))[0] == 401


def test_given_failures_when_they_go_on_then_the_wait_doubles_to_its_limit() -> None:
    now = [0.0]
    throttle = Throttle(lambda: now[0])
    waits = []
    for _ in range(20):
        throttle.failed("zhang", "1.2.3.4")
        waits.append(throttle.wait_s("zhang", "1.2.3.4"))
    assert waits[:7] == [0, 0, 1, 2, 4, 8, 16]
    assert waits[-1] == 900
    assert throttle.wait_s("li", "1.2.3.4") == 0
    assert throttle.wait_s("zhang", "1.2.3.5") == 0
    now[0] = 901
    assert throttle.wait_s("zhang", "1.2.3.4") == 0


def test_given_one_address_when_it_tries_many_names_then_the_address_waits() -> None:
    throttle = Throttle(lambda: 0.0)
    for n in range(35):
        throttle.failed(f"user{n}", "1.2.3.4")
    assert throttle.wait_s("another", "1.2.3.4") > 0


def test_given_an_office_behind_one_address_when_all_log_in_then_nobody_waits() -> None:
    throttle = Throttle(lambda: 0.0)
    for number in range(500):
        assert throttle.wait_s(f"agent{number}", "192.0.2.1") == 0.0
        throttle.failed(f"agent{number}", "192.0.2.1")
        throttle.succeeded(f"agent{number}", "192.0.2.1")


def test_given_failures_of_an_address_when_one_logs_in_then_they_still_count() -> None:
    now = [0.0]
    throttle = Throttle(lambda: now[0])
    for number in range(40):
        throttle.failed(f"user{number}", "192.0.2.1")
    before = throttle.wait_s("another", "192.0.2.1")
    throttle.failed("zhang", "192.0.2.1")
    throttle.succeeded("zhang", "192.0.2.1")
    assert throttle.wait_s("another", "192.0.2.1") == before > 0.0
