"""A person of the demonstration: reads the mailbox, opens the link, types the code, as people do."""

from __future__ import annotations

import asyncio
import email
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from email import policy as mail_policy
from pathlib import Path

import httpx

from domain.errors import Unavailable

_LINK = re.compile(r"https?://\S+/v/\S+")
_DOCUMENTS_LINK = re.compile(r"https?://\S+/d/\S+")
_OFFERED = re.compile(r'href="(/documents/file/([^"]+))"')
_CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")
_FORM_FIELD = re.compile(r'<input[^>]*type="hidden"[^>]*name="([^"]+)"[^>]*value="([^"]*)"')
_PATIENCE = 60.0


async def prove_address(mailbox: Path, address: str, reference: str) -> None:
    """Wait for the case's challenge in that address's mail, open the link and press with the code.

    Raises:
        Unavailable: no such mail came in a minute, or the page refused the code.
    """
    mail = await _wait_for_mail(mailbox, address, reference, lambda text: _LINK.search(text) is not None)
    link, code = _LINK.search(mail), _code(mail, reference)
    if link is None or not code:
        raise Unavailable("demo-mail-without-link", "read the mail in var/mailbox", reference=reference)
    async with httpx.AsyncClient(follow_redirects=True, trust_env=False) as browser:
        page = await browser.get(link[0])
        form = dict(_FORM_FIELD.findall(page.text))
        answer = await browser.post(str(page.url), data={**form, "code": code})
    if answer.status_code != httpx.codes.OK or not answer.url.path.endswith("/done"):
        raise Unavailable("demo-code-refused", "read var/log/portal.log", reference=reference)


async def fetch_documents(mailbox: Path, address: str, reference: str) -> Mapping[str, str]:
    """Open the newest link to documents, ask for a code, read it in the mail, and download all; SHA-256 by name.

    Raises:
        Unavailable: no such mail came in a minute, or a page refused.
    """
    announced = await _wait_for_mail(mailbox, address, reference, lambda text: "/d/" in text)
    link = _DOCUMENTS_LINK.findall(announced)[0]
    async with httpx.AsyncClient(follow_redirects=True, trust_env=False) as browser:
        page = await browser.get(link)
        asked = await browser.post(str(page.url), data=_form(page, "/documents"))
        # Every mail but the one with the code brings a link.
        told = await _wait_for_mail(mailbox, address, reference, lambda text: "://" not in text)
        given = {**_form(asked, "/documents/code"), "code": _code(told, reference)}
        listed = await browser.post(str(asked.url), data=given)
        offered = _OFFERED.findall(listed.text)
        if listed.status_code != httpx.codes.OK or not offered:
            raise Unavailable("demo-documents-refused", "read var/log/portal.log", reference=reference)
        return {name: await _digest(browser, str(listed.url.join(place))) for place, name in offered}


def _code(mail: str, reference: str) -> str:
    found = _CODE.search(_LINK.sub("", mail).replace(reference, ""))
    return found[0] if found else ""


def _form(page: httpx.Response, action: str) -> dict[str, str]:
    """The hidden fields of one form of a page."""
    _, _, form = page.text.partition(f'action="{action}"')
    return dict(_FORM_FIELD.findall(form.partition("</form>")[0]))


async def _digest(browser: httpx.AsyncClient, address: str) -> str:
    digest = hashlib.sha256()
    async with browser.stream("GET", address) as answer:
        answer.raise_for_status()
        async for part in answer.aiter_bytes():
            digest.update(part)
    return digest.hexdigest()


async def _wait_for_mail(mailbox: Path, address: str, reference: str, wanted: Callable[[str], bool]) -> str:
    """The newest mail about that request to that address that is wanted."""
    deadline = asyncio.get_running_loop().time() + _PATIENCE
    while asyncio.get_running_loop().time() < deadline:
        for text in await asyncio.to_thread(lambda: list(mails(_newest_first(mailbox), address))):
            if reference in text and wanted(text):
                return text
        await asyncio.sleep(0.2)
    raise Unavailable("demo-mail-missing", "read var/log/worker.log", reference=reference)


def _newest_first(mailbox: Path) -> list[Path]:
    return sorted(mailbox.glob("*.eml"), key=lambda file: file.stat().st_mtime_ns, reverse=True)


def mails(files: Iterable[Path], address: str) -> Iterator[str]:
    """Subject and text of the mails to that address."""
    for path in files:
        message = email.message_from_bytes(path.read_bytes(), policy=mail_policy.default)
        if str(message["To"]).casefold() == address.casefold():
            body = message.get_body(("plain",))
            yield f"{message['Subject']}\n{body.get_content() if body else ''}"
