"""Skills in the database, and what becomes of a login when it does not answer."""

from __future__ import annotations

from agent_gateway.agents.skills import StoredSkills
from config.queues import Queue, QueuePlan
from tests.unit.agent_gateway.house import House

QUEUES = QueuePlan((Queue("hotline", "hotline"), Queue("english", "英语", common=False)))
SEAT = "PJSIP/agent-8001"


async def test_given_skills_when_asked_then_the_queues_of_today(house: House) -> None:
    skills = StoredSkills(house.store, QUEUES)
    assert await skills(SEAT) == {"hotline": 1}
    await house.store.users.set_skills("zhang", {"english": 2})
    assert await skills(SEAT) == {"english": 2}
    assert await skills("PJSIP/agent-9999") == {"hotline": 1}


async def test_given_no_database_when_asked_then_what_was_known_last(house: House) -> None:
    await house.store.users.set_skills("zhang", {"english": 2})
    skills = StoredSkills(house.store, QUEUES)
    await skills(SEAT)

    class Broken:
        async def by_extension(self, extension: str) -> None:
            raise OSError("no database")

    house.store.users = Broken()  # type: ignore[assignment]  # a database that is away
    assert await skills(SEAT) == {"english": 2}
    assert await skills("PJSIP/agent-8002") == {"hotline": 1}


async def test_given_a_supervisor_when_skills_are_set_then_kept_seated_and_audited(
    house: House,
) -> None:
    house.context.queues = QUEUES
    path = "/api/agents/8001/skills"
    skills = {"english": 1, "hotline": 2}
    body = {"skills": skills, "read": {}}
    status, reply = await house.ask("PUT", path, as_="boss", body=body)
    assert status == 200
    assert reply == {"extension": "8001", "skills": skills, "queues": skills}
    assert house.seats.reseated == ["PJSIP/agent-8001"]
    _, listed = await house.ask("GET", "/api/agents", as_="boss")
    assert listed["agents"][0]["skills"] == skills
    audit = await house.store.audit.latest(10)
    entry = next(one for one in audit if one.action == "user.skills")
    assert (entry.user, entry.object, entry.detail) == ("boss", "zhang", "english=1 hotline=2")
    assert entry.ip == "127.0.0.1"


async def test_given_skills_that_were_changed_meanwhile_when_set_then_refused(
    house: House,
) -> None:
    house.context.queues = QUEUES
    path = "/api/agents/8001/skills"
    first = {"skills": {"english": 1}, "read": {}}
    assert (await house.ask("PUT", path, as_="root", body=first))[0] == 200
    late = {"skills": {"english": 3}, "read": {}}
    status, reply = await house.ask("PUT", path, as_="boss", body=late)
    assert (status, reply["error"]["code"]) == (409, "changed_meanwhile")
    user = await house.store.users.by_name("zhang")
    assert user is not None
    assert user.skills == {"english": 1}
    seen = {"skills": {}, "read": {"english": 1}}
    assert (await house.ask("PUT", path, as_="boss", body=seen))[0] == 200


async def test_given_asterisk_away_when_skills_are_set_then_kept_for_the_next_login(
    house: House,
) -> None:
    house.seats.away = True
    body = {"skills": {"hotline": 4}, "read": {}}
    status, _ = await house.ask("PUT", "/api/agents/8001/skills", as_="boss", body=body)
    assert status == 200
    user = await house.store.users.by_name("zhang")
    assert user is not None
    assert user.skills == {"hotline": 4}


async def test_given_wrong_skills_or_persons_then_refused(house: House) -> None:
    async def put(who: str, extension: str, **skills: int) -> int:
        body = {"skills": skills, "read": {}}
        status, _ = await house.ask("PUT", f"/api/agents/{extension}/skills", as_=who, body=body)
        return status

    assert await put("zhang", "8001", hotline=1) == 403
    assert await put("boss", "9999", hotline=1) == 404
    assert await put("boss", "8001", nowhere=1) == 422
    assert await put("boss", "8001", hotline=0) == 422
    assert await put("boss", "8001", hotline=10) == 422
