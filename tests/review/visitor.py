"""A browser at the page, without one: it follows the links and sends the forms that the pages hold."""

from __future__ import annotations

import re
from html import unescape

from httpx2 import Response
from starlette.testclient import TestClient

from oneid.review.web import Page

PORT = 4711
HERE = f"http://127.0.0.1:{PORT}"


class Visitor:
    """Somebody with a link to the page."""

    def __init__(self, page: Page, link: int = 0) -> None:
        self.page, self.link, self.base = page, page.links[link], ""
        self.client = TestClient(page.app, base_url=HERE, follow_redirects=False)

    def enters(self) -> Visitor:
        assert self.client.get(self.link).status_code == 200
        return self

    def sits(self, name: str) -> Visitor:
        """Says a name, and has a seat."""
        form = fields(self.get("/").text) | {"name": name}
        answer = self.client.post("/who", data=form, headers={"Origin": HERE})
        assert answer.status_code == 303, answer.text
        self.base = answer.headers["location"].rstrip("/")
        return self

    def get(self, path: str) -> Response:
        return self.client.get(path)

    def form(self) -> dict[str, str]:
        """What the form of the present pair holds."""
        return fields(self.get(f"{self.base}/").text)

    def post(self, action: str, form: dict[str, str]) -> Response:
        return self.client.post(f"{self.base}/{action}", data=form, headers={"Origin": HERE})

    def says(self, decision: str, **more: str) -> str:
        """Decides about the present pair; gives the page after it."""
        answer = self.post("verdict", self.form() | {"decision": decision} | more)
        assert answer.status_code == 303, answer.text
        return self.get(answer.headers["location"]).text


def fields(text: str) -> dict[str, str]:
    """The hidden fields of a page."""
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', text)
    return {name: unescape(value) for name, value in found}


def told(text: str) -> str:
    """What a page says of the last act."""
    found = re.search(r'<p class="told \w+">([^<]*)', text)
    return "" if found is None else unescape(found[1]).strip()
