"""A caller who uses what a menu offers: repeat, back, another language, information heard again."""

from __future__ import annotations

from config.menus import load_menus
from telephony.testphone import PhoneAgent, PhoneCall, TestPhone
from tests.live.harness.api import Api
from tests.live.harness.audio import likeness, samples
from tests.live.harness.hotline import MENU_LINE, Hotline, until
from tests.live.harness.listening import hears, prompt_sound
from tests.live.harness.records import agent_state, reached, record_of, waiting

MENUS = load_menus(None).menus
MAIN, ENTERPRISE = "example", "example-enterprise"


async def way(admin: Api, caller: str, *steps: tuple[str, str]) -> None:
    """Return once the caller went this way since the greeting."""

    async def gone() -> bool:
        record = await record_of(admin, caller)
        path = record["path"] if record else []
        went = [(one["prompt"], one["detail"]) for one in path if one["step"] == "ivr"]
        return went[1 : len(steps) + 1] == list(steps)

    await until(gone, f"way of {caller}: {steps}", 40)


def heard(hotline: Hotline, call: PhoneCall, key: str, lang: str) -> float:
    return likeness(samples(call.heard)[:, 0], prompt_sound(hotline, key, lang))


async def test_given_repeat_back_language_and_information_when_pressed_then_each_does_what_it_says(
    hotline: Hotline, phone: TestPhone, telephones: dict[str, PhoneAgent], admin: Api
) -> None:
    caller, info = "13900000821", MENUS[ENTERPRISE].info_prompt_key("1")
    call = await phone.dial(MENU_LINE, caller=caller)
    steps = [("menu", MAIN)]
    await way(admin, caller, *steps)
    for key, step in (
        ("*", ("menu", MAIN)),
        ("2", ("menu", ENTERPRISE)),
        ("#", ("menu", MAIN)),
        ("9", ("menu", MAIN)),
        ("2", ("menu", ENTERPRISE)),
        ("1", ("info", info)),
    ):
        await call.press(key)
        steps.append(step)
        await way(admin, caller, *steps)
    # heard to its middle, and once more from the beginning
    await call.press("*")
    await reached(admin, caller, "key", digit="*")
    await waiting(hotline, 1)
    shown = await hotline.asterisk.command(f"core show channel {(await _channels(hotline))[0]}")
    assert "HL_LANG=en" in shown
    await call.hangup()
    await call.wait_ended()
    assert heard(hotline, call, info, "en") > 0.6
    assert heard(hotline, call, info, "zh") < 0.4


async def test_given_0_in_a_submenu_and_in_an_information_then_a_person_at_once(
    hotline: Hotline, phone: TestPhone, telephones: dict[str, PhoneAgent], admin: Api
) -> None:
    for number, keys in enumerate((("2", "0"), ("2", "1", "0"))):
        caller = f"1390000083{number}"
        call = await phone.dial(MENU_LINE, caller=caller)
        await reached(admin, caller, "ivr", prompt="menu", detail=MAIN)
        steps = [("menu", ENTERPRISE), ("info", MENUS[ENTERPRISE].info_prompt_key("1"))]
        for at, key in enumerate(keys):
            await call.press(key)
            if key != "0":
                await reached(*(admin, caller, "ivr"), prompt=steps[at][0], detail=steps[at][1])
        await waiting(hotline, 1)
        await call.hangup()
        await call.wait_ended()


async def test_given_another_telephone_when_number_and_last_digits_are_entered_then_the_status(
    hotline: Hotline,
    phone: TestPhone,
    telephones: dict[str, PhoneAgent],
    agents: dict[str, Api],
    admin: Api,
) -> None:
    owner, desk = "13900000841", agents["8001"]
    await desk.state("ready")
    call = await phone.dial("12345", caller=owner, keys=[(0.3, "0")])
    await (await telephones["8001"].next_call()).wait_answered()
    await call.hangup()
    drafted = await desk.heard("ticket.drafted", lambda m: m["ticket"]["caller"] == owner)
    number = drafted["ticket"]["number"]
    await agent_state(admin, "8001", "ready")
    await desk.state("break", "小休")

    for caller, last, told in (
        ("13900000842", owner[-4:], ["draft"]),
        ("13900000843", "9999", ["not_found"]),
    ):
        call = await phone.dial("12345", caller=caller, keys=[(0.3, "*")])
        await call.wait_answered()
        await _entered(hotline, call, "ticket-ask-number", f"{number}#")
        await _entered(hotline, call, "ticket-ask-phone", last)
        if told == ["not_found"]:
            # there is a second try; 0 instead of a number is a person
            await _entered(hotline, call, "ticket-not-found", "0")
        await waiting(hotline, 1)
        record = await reached(admin, caller, "ivr", prompt="ticket_progress")
        progress = [
            one["detail"] for one in record["path"] if one.get("prompt") == "ticket_progress"
        ]
        assert progress == told
        await call.hangup()
        await call.wait_ended()
        found = heard(hotline, call, "ticket-status-draft", "zh")
        assert (found > 0.6) is (told == ["draft"])


async def _entered(hotline: Hotline, call: PhoneCall, prompt: str, keys: str) -> None:
    """Enter the keys once the prompt is heard."""
    await hears(hotline, call, prompt)
    await call.press(keys)


async def _channels(hotline: Hotline) -> list[str]:
    return [one for one in await hotline.channels() if one.startswith("PJSIP/trunk-")]
