"""A file is changed only by whoever has seen what is in it; earlier versions can be looked at."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from agent_gateway.configuration.loaded import keep_files, load_files
from agent_gateway.configuration.reloading import Reloader
from config.numberplan import DEFAULT_PLAN
from config.settings import Secrets
from tests.unit.agent_gateway.house import House

PATH = "/api/configuration/number_plan"


@pytest.fixture
async def plan(house: House, tmp_path: Path) -> Path:
    file = tmp_path / "plan.toml"
    file.write_text(DEFAULT_PLAN.read_text(encoding="utf-8"), encoding="utf-8")
    settings = house.context.settings.model_copy(update={"number_plan": file})
    house.context.settings = settings
    house.context.reloader = Reloader(settings, Secrets.generate(), load_files(settings))
    await house.context.reloader.adopt()
    return file


async def change(house: House, content: str, read: str) -> tuple[int, Any]:
    body = {"content": content, "why": "测试", "read": read}
    return await house.ask("PUT", PATH, as_="root", body=body)


async def test_given_a_file_that_was_changed_meanwhile_when_put_then_refused_and_it_stays(
    house: House, plan: Path
) -> None:
    status, seen = await house.ask("GET", PATH, as_="root")
    assert (status, seen["content"]) == (200, plan.read_text(encoding="utf-8"))
    other = seen["content"] + "\n# by another\n"
    plan.write_text(other, encoding="utf-8")
    status, reply = await change(house, seen["content"] + "\n# mine\n", seen["sha256"])
    assert (status, reply["error"]["code"]) == (409, "changed_meanwhile")
    assert plan.read_text(encoding="utf-8") == other
    # that is no fault of a file
    assert (await house.ask("GET", "/api/configuration", as_="root"))[1]["fault"] == ""
    # who has seen it is told what is wrong with the own content
    _, seen = await house.ask("GET", PATH, as_="root")
    status, reply = await change(house, 'version = "x"', seen["sha256"])
    assert (status, reply["error"]["code"]) == (422, "invalid_configuration")
    assert plan.read_text(encoding="utf-8") == other


async def test_given_a_wrong_file_when_put_then_what_is_wrong_is_said_in_both_languages(
    house: House, plan: Path
) -> None:
    _, seen = await house.ask("GET", PATH, as_="root")
    status, reply = await change(house, "version = 1", seen["sha256"])
    error = reply["error"]
    assert status == 422
    assert error["message"] == f"文件有误，未生效：{plan}: lines: 必填：每个对外号码一张表"
    assert error["message_en"].endswith(f"{plan}: lines: is required: one table per public number")
    assert error["details"] == [
        {
            "field": "lines",
            "problem": "is required: one table per public number",
            "problem_zh": "必填：每个对外号码一张表",
        }
    ]
    _, state = await house.ask("GET", "/api/configuration", as_="root")
    assert state["fault"] == f"{plan}: lines: is required: one table per public number"
    assert state["fault_zh"] == f"{plan}: lines: 必填：每个对外号码一张表"


async def test_given_a_file_that_was_changed_meanwhile_when_rolled_back_then_refused_and_it_stays(
    house: House, plan: Path
) -> None:
    _, seen = await house.ask("GET", PATH, as_="root")
    plan.write_text(seen["content"] + "\n# by another\n", encoding="utf-8")
    await asyncio.to_thread(keep_files, house.context.settings, "cli:li", "adopt")
    body = {"version": 1, "read": seen["sha256"]}
    status, reply = await house.ask("POST", f"{PATH}/rollback", as_="root", body=body)
    assert (status, reply["error"]["code"]) == (409, "changed_meanwhile")
    assert reply["error"]["message"].startswith("cli:li 刚刚修改过该文件")
    assert "# by another" in plan.read_text(encoding="utf-8")


async def test_given_a_version_when_asked_for_then_what_was_in_the_file(
    house: House, plan: Path
) -> None:
    status, kept = await house.ask("GET", f"{PATH}/versions/1", as_="boss")
    assert (status, kept["content"]) == (200, plan.read_text(encoding="utf-8"))
    for none in ("2", "0", "x", "9" * 30):
        assert (await house.ask("GET", f"{PATH}/versions/{none}", as_="boss"))[0] == 404
    assert (await house.ask("GET", "/api/configuration/x/versions/1", as_="boss"))[0] == 404
    assert (await house.ask("GET", f"{PATH}/versions/1", as_="zhang"))[0] == 403
