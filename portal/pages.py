"""How a page is made: its language, its template, the cookie that keeps the language."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Match

from domain.rights import Right
from policy.model import Company
from portal import assets, words
from portal.safety import LANGUAGE, Cookies

_YEAR = 365 * 24 * 3600


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        cache_size=100,
        auto_reload=False,
    )
    environment.globals.update(asset=assets.address, rights=tuple(Right))
    return environment


@dataclass(frozen=True)
class Pages:
    """Makes pages in the reader's language with the company's names on them."""

    company: Company
    cookies: Cookies
    environment: Environment

    @classmethod
    def of(cls, company: Company, cookies: Cookies) -> Pages:
        """Pages of that company."""
        return cls(company, cookies, _environment())

    def page(self, request: Request, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
        """A page, in the language that the address asks for, else the one kept, else Thai."""
        asked, language = self.asked(request), self.language(request)
        other = next(code for code in words.LANGUAGES if code != language)
        text = self.environment.get_template(template).render(
            t=words.load()[language],
            language=language,
            other=other,
            opened_at=_opened_at(request),
            company=self.company,
            name=getattr(self.company.name, language),
            officer=self.company.officer,
            **values,
        )
        response = HTMLResponse(text, status, headers={"Content-Language": language})
        if asked:
            self.cookies.keep(response, LANGUAGE, asked, _YEAR)
        return response

    def notice(
        self, request: Request, kind: str, status: int, *, wait: float = 0, back: str = ""
    ) -> HTMLResponse:
        """A page that says what is the matter and what to do; `wait` is in seconds, `back` where to try again."""
        minutes = ceil(wait / 60)
        response = self.page(request, "notice.html", status=status, kind=kind, minutes=minutes, back=back)
        if wait:
            response.headers["Retry-After"] = str(ceil(wait))
        return response

    def language(self, request: Request) -> str:
        """The language that the address asks for, else the one kept, else Thai."""
        kept = self.cookies.read(request, LANGUAGE)
        return self.asked(request) or (kept if kept in words.LANGUAGES else words.LANGUAGES[0])

    def words(self, request: Request) -> words.Words:
        """The words of that language."""
        return words.load()[self.language(request)]

    @staticmethod
    def asked(request: Request) -> str:
        """The language that the address asks for; empty if none we speak."""
        asked = request.query_params.get("lang", "")
        return asked if asked in words.LANGUAGES else ""


def _opened_at(request: Request) -> str:
    """Where the page can be opened in the other language.

    Here; for the answer to a form, at the nearest address above that has a page of its own.
    """
    # One stroke only: with two it would be the name of a host.
    path = "/" + request.scope["path"].lstrip("/")
    if request.method == "POST":
        while path.strip("/") and not _is_page(request, path):
            path = path.rpartition("/")[0]
    return quote(path or "/")


def _is_page(request: Request, path: str) -> bool:
    opened = {**request.scope, "path": path, "method": "GET"}
    return any(route.matches(opened)[0] is Match.FULL for route in request.app.routes)
