from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

import portal
from domain.errors import PolicyInvalid
from domain.rights import Right
from policy.model import Company
from portal import words
from tests.portal.conftest import WRONG_CODE, Browser, Challenges
from tests.portal.reading import Page, open_form, send_code

BUDGET = 100_000
PATHS = ("/", "/verify", "/nowhere")
TEMPLATES = Path(portal.__file__).with_name("templates")


async def _pages(client: httpx.AsyncClient, desk: Challenges) -> list[httpx.Response]:
    pages = [await client.get(path) for path in PATHS]
    form = await open_form(client, desk.token)
    return [*pages, await client.get("/verify"), await send_code(client, form, WRONG_CODE)]


async def test_the_first_page_says_rights_and_whom_to_ask(browser: Browser, company: Company) -> None:
    async with browser() as client:
        home = (await client.get("/")).text
    for right in Right:
        assert words.load()["th"](f"rights.{right}.name") in home
    assert company.officer.email in home
    assert company.officer.phone in home
    assert company.officer.address.th in home


async def test_thai_first_english_by_the_switch_and_kept(browser: Browser) -> None:
    async with browser() as client:
        thai = await client.get("/", headers={"Accept-Language": "en"})
        assert (Page(thai).all("html"), thai.headers["content-language"]) == ([{"lang": "th"}], "th")
        (switch,) = [link for link in Page(thai).all("a") if link.get("class") == "switch"]
        assert switch["href"] == "/?lang=en"
        assert (await client.get("/?lang=en")).headers["content-language"] == "en"
        assert (await client.get("/nowhere")).headers["content-language"] == "en"
        assert (await client.get("/?lang=xx")).headers["content-language"] == "en"
        assert (await client.get("/?lang=th")).headers["content-language"] == "th"
        assert (await client.get("/")).headers["content-language"] == "th"


async def test_a_link_may_bring_its_language(browser: Browser, desk: Challenges) -> None:
    async with browser() as client:
        form = await client.get(f"/v/{desk.token}?lang=en", follow_redirects=True)
    assert form.headers["content-language"] == "en"
    assert str(form.url).endswith("/verify")


@pytest.mark.parametrize("language", words.LANGUAGES)
async def test_every_page_is_whole_and_of_one_language(
    browser: Browser, desk: Challenges, language: str
) -> None:
    async with browser() as client:
        await client.get(f"/?lang={language}")
        for response in await _pages(client, desk):
            page = Page(response)
            assert page.all("html") == [{"lang": language}]
            assert len(page.all("h1")) == len(page.all("main")) == len(page.all("title")) == 1
            ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
            assert len(ids) == len(set(ids))
            for _, attrs in page.elements:
                named = f"{attrs.get('aria-describedby', '')} {attrs.get('aria-labelledby', '')}"
                assert set(named.split()) <= set(ids)
            thai_in_english = re.search(r"[\u0e00-\u0e7f]", page.texts["main"])
            assert language == "th" or not thai_in_english


async def test_a_page_needs_no_script_no_style_of_its_own_and_nobody_else(
    browser: Browser, desk: Challenges
) -> None:
    async with browser() as client:
        for response in await _pages(client, desk):
            page = Page(response)
            assert not page.all("script")
            assert not page.all("style")
            assert not any("style" in attrs or "onclick" in attrs for _, attrs in page.elements)
            fetched = [a["href"] for a in page.all("link")] + [a["src"] for a in page.all("img")]
            assert all(address.startswith("/static/") for address in fetched)


async def test_a_page_with_all_it_fetches_is_small(browser: Browser, desk: Challenges) -> None:
    async with browser() as client:
        sheet = await client.get("/static/portal.css")
        fonts = re.findall(r'url\("([^"]+)"\)', sheet.text)
        parts = [sheet, *[await client.get(address) for address in (*fonts, "/static/mark.svg")]]
        assert [part.status_code for part in parts] == [200] * len(parts)
        assert {part.headers["content-type"] for part in parts[1:3]} == {"font/woff2"}
        fetched = sum(len(part.content) for part in parts)
        for page in await _pages(client, desk):
            assert len(page.content) + fetched < BUDGET


async def test_static_files_are_kept_and_asked_again_cheaply(browser: Browser) -> None:
    async with browser() as client:
        first = await client.get("/static/portal.css")
        again = await client.get("/static/portal.css", headers={"If-None-Match": first.headers["etag"]})
    assert first.headers["cache-control"] == "public, max-age=604800"
    assert (again.status_code, again.content) == (304, b"")


def test_words_of_one_language_alone_are_refused(tmp_path: Path) -> None:
    (tmp_path / "th.yaml").write_text("a: ก\nb: {c: ข}\n", "utf-8")
    (tmp_path / "en.yaml").write_text("a: x\n", "utf-8")
    with pytest.raises(PolicyInvalid) as raised:
        words.load(tmp_path)
    assert raised.value.facts == {"field": "b.c", "language": "th"}


def test_languages_name_the_same_parts_and_lines() -> None:
    thai, english = (words.load()[code]._entries for code in words.LANGUAGES)
    for key, text in thai.items():
        assert type(english[key]) is type(text)
        if isinstance(text, str):
            assert re.findall(r"{\w+}", text) == re.findall(r"{\w+}", str(english[key]))
        else:
            assert len(english[key]) == len(text)


def test_templates_hold_no_words() -> None:
    for template in TEMPLATES.glob("*.html"):
        bare = re.sub(
            r"{% block shape %}\w+{% endblock %}|{%.*?%}|{{.*?}}|<[^>]*>",
            "",
            template.read_text("utf-8"),
            flags=re.DOTALL,
        )
        assert not re.search(r"[A-Za-z\u0e00-\u0e7f]", bare), template.name
