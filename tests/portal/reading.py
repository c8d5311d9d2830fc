"""Reading a page as a person, or their software, does."""

from __future__ import annotations

from html.parser import HTMLParser

import httpx

VOID = {"input", "meta", "link", "img", "br", "hr"}


class Page(HTMLParser):
    """Elements with their attributes, and the text of each kind of element."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: dict[str, str] = {}
        self._open: list[str] = []
        self.feed(response.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        # Unequal tags are a mistake in a template.
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        for tag in self._open:
            self.texts[tag] = self.texts.get(tag, "") + data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attrs for name, attrs in self.elements if name == tag]

    def by_id(self, name: str) -> dict[str, str]:
        (found,) = [attrs for _, attrs in self.elements if attrs.get("id") == name]
        return found

    def value(self, field: str) -> str:
        (found,) = [attrs for attrs in self.all("input") if attrs.get("name") == field]
        return found["value"]


async def open_form(client: httpx.AsyncClient, token: str) -> Page:
    """Open a link as a person does, up to the form."""
    return Page(await client.get(f"/v/{token}", follow_redirects=True))


async def send_code(client: httpx.AsyncClient, form: Page, code: str) -> httpx.Response:
    return await client.post("/verify", data={"proof": form.value("proof"), "code": code})
