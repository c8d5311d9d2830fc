"""What the pages with a link and a code share: the link's token in a cookie, forms read and judged before anything else."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.pages import Pages
from portal.safety import LANGUAGE, Throttle, foreign, place_of
from security.tokens import LINK_PREFIX

CODE_DIGITS = 6
SPEAK = "speak"
"""The button of a form that shows it in the other language, with all that was typed: it presses nothing.

Enter in a field presses the first button of its form, and this one stands in the header: the template (`fields.html`) puts
another before it that nobody sees.
"""

LINK_LIFE, LANGUAGE_LIFE = 30 * 60, 365 * 24 * 3600
"""Seconds for which the cookies remember."""

_TOKEN = re.compile(rf"{LINK_PREFIX}[A-Za-z0-9_-]{{20,100}}")
_TYPED_AT_MOST = 32


@dataclass(frozen=True)
class Posted:
    """The fields of a form."""

    code: str
    proof: str
    told: str


def swapped(
    pages: Pages,
    request: Request,
    cookie: str,
    *,
    to: str,
    forget: str,
    life: int = LINK_LIFE,
    token: str | None = None,
) -> Response:
    """The answer to a link that was opened: its token into a cookie, the reader to an address without it.

    The token is the address's own, unless a form brought it.
    """
    # A prefix is enough: mail programs draw the full stop or bracket after a link into it.
    found = _TOKEN.match(request.path_params["token"] if token is None else token)
    response = RedirectResponse(to, 303)
    # What an earlier link left open in this browser is not this link's.
    pages.cookies.forget(response, forget)
    if found:
        pages.cookies.keep(response, cookie, found[0], life)
    else:
        pages.cookies.forget(response, cookie)
    if asked := pages.asked(request):
        pages.cookies.keep(response, LANGUAGE, asked, LANGUAGE_LIFE)
    return response


def remembered(pages: Pages, request: Request, cookie: str) -> str:
    """The token in a cookie; nothing where it has not a token's shape."""
    token = pages.cookies.read(request, cookie)
    return token if _TOKEN.fullmatch(token) else ""


def is_token(text: str) -> bool:
    """Whether it has the shape of a token of ours."""
    return _TOKEN.fullmatch(text) is not None


def barred(pages: Pages, request: Request, throttle: Throttle, *, back: str) -> Response | None:
    """The page for a form that is not even read: sent from elsewhere, or one of too many."""
    # First of all: another site must be able neither to spend this person's tries nor to end their link.
    if foreign(request):
        return pages.notice(request, "stale", 403)
    wait = throttle.wait(place_of(request))
    return pages.notice(request, "limited", 429, wait=wait, back=back) if wait else None


async def posted(request: Request) -> Posted:
    """The fields of a form, cut to what is ever read of them."""
    async with request.form(max_files=0, max_fields=8) as form:
        code, told = (_field(form, name)[:_TYPED_AT_MOST] for name in ("code", "told"))
        return Posted(code=code, proof=_field(form, "proof"), told=told)


def digits(typed: str) -> str:
    """The code in ASCII digits: people paste blanks and dashes, and Thai keyboards write ๐-๙."""
    bare = re.sub(r"[\s\-\u200b\u2010-\u2015]", "", typed)
    if not all(char.isdecimal() for char in bare):
        return ""
    return "".join(str(unicodedata.decimal(char)) for char in bare)


def _field(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""
