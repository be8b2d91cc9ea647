"""An agent in front of the page."""

from __future__ import annotations

from difflib import SequenceMatcher
from pathlib import Path

from playwright.async_api import ConsoleMessage, Locator, Page, expect

from config.settings import Settings
from tests.live.harness.hotline import until

WAIT_S = 30.0
expect.set_options(timeout=WAIT_S * 1000)
# the browser itself notes every refusal; these belong to what the tests do
EXPECTED = {
    "/api/me": "status of 401",  # asked on opening, whether there is a session
    "/api/login": "status of 401",
}


class Seat:
    """The page, and all that the browser found wrong with it.

    Attributes:
        complaints: errors and warnings of the console, exceptions of scripts and breaches of the
            content security policy.
        may_lose_server: requests and connections may fail: the test kills the server, or cuts the
            way to Asterisk.
        refused: ends of the addresses whose requests the service is to refuse, with the status.
    """

    def __init__(self, page: Page, pictures: Path) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.may_lose_server = False
        self.refused: dict[str, int] = {}
        self._pictures = pictures
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    async def open(self, settings: Settings) -> None:
        """Open the page; breaches of the policy are told by the page's own event, too."""
        await self.page.add_init_script(
            "document.addEventListener('securitypolicyviolation', (breach) =>"
            " console.error('policy', breach.violatedDirective, breach.blockedURI));"
        )
        await self.page.goto(f"http://{settings.web.host}:{settings.web.port}/")

    async def log_in(self, username: str, password: str) -> None:
        """Fill in the form and send it."""
        await self.page.get_by_label("用户名").fill(username)
        await self.page.get_by_label("密码").fill(password)
        await self.page.get_by_role("button", name="登录").click()

    async def be(self, button: str, state: str) -> None:
        """Press a button for the own state and wait until it is shown."""
        await self.page.get_by_role("button", name=button, exact=True).click()
        await self.shows("#state", state)

    def at(self, selector: str) -> Locator:
        """What the selector finds."""
        return self.page.locator(selector)

    async def shows(self, selector: str, text: str) -> None:
        """Wait until this text is to be seen there."""
        await expect(self.at(selector)).to_contain_text(text)

    async def field(self, name: str, value: str) -> None:
        """Wait until the ticket's field has this value."""
        await expect(self.at(f"#ticket [name={name}]")).to_have_value(value)

    async def enter(self, name: str, value: str) -> None:
        """Type into a field of the ticket, leave it, and wait until it counts as the agent's."""
        await self.at(f"#ticket [name={name}]").fill(value)
        await self.at(f"#ticket [name={name}]").blur()
        await self.shows(f"#sure-{name}", "人工填写")

    async def administer(self, part: str) -> None:
        """Leave the desk for a part of the administration."""
        await self.page.get_by_role("button", name="管理", exact=True).click()
        await self.page.get_by_role("button", name=part, exact=True).click()
        await expect(self.at("#administration")).to_be_visible()
        await expect(self.at("#desk")).to_be_hidden()

    async def write(self, form: str, **fields: str) -> None:
        """Type into the fields of a form."""
        for name, value in fields.items():
            await self.at(f"#{form} [name={name}]").fill(value)

    async def hears(self, speaker: str, said: str) -> None:
        """Wait until the final turns of that speaker (caller, agent) are like what was said."""
        turns = self.at(f"#words .turn.{speaker}:not(.partial) p")

        async def alike() -> bool:
            words = "".join(await turns.all_inner_texts())
            return SequenceMatcher(None, words, said).ratio() > 0.7

        await until(alike, f"turns of the {speaker} on the page like {said}", WAIT_S)

    async def fits(self) -> None:
        """Nothing may stick out of the page, nor out of the card that it is in."""
        wide = "document.documentElement.scrollWidth > innerWidth"
        cards = "[...document.querySelectorAll('.card')].some((c) => c.scrollWidth > c.clientWidth)"
        assert not await self.page.evaluate(f"{wide} || {cards}")

    async def picture(self, name: str) -> None:
        """Keep how the page looks now."""
        await self.page.screenshot(path=self._pictures / f"{name}.png", full_page=True)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning"):
            return
        if self.may_lose_server and "net::ERR_" in message.text:
            return
        address = message.location["url"].partition("?")[0]
        for path, status in self.refused.items():
            if address.endswith(path) and f"status of {status}" in message.text:
                return
        if any(address.endswith(path) and how in message.text for path, how in EXPECTED.items()):
            return
        self.complaints.append(f"{message.type}: {message.text} ({address})")
