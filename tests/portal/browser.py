"""A real Chromium on a portal that is served on this machine, as tests that drive one need it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page
    from starlette.applications import Starlette

CHROMIUM = Path("/usr/bin/chromium")
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
_ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
_PATIENCE = 15_000
"""Milliseconds for one step; the machine may be busy."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for the tests of a file; contexts keep them apart."""
    if not CHROMIUM.exists():
        pytest.skip(f"no {CHROMIUM}: `apt-get install chromium` brings it")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(_ARGUMENTS))
        yield browser
        browser.close()


@contextmanager
def serving(app: Starlette) -> Iterator[str]:
    """The address of an application that is served, on a port that was free."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(timeout=10)


@contextmanager
def person(
    chromium: Browser,
    size: dict[str, int] | None = None,
    *,
    scripts: bool = True,
    dark: bool = False,
    checked: bool = False,
) -> Iterator[BrowserContext]:
    """Somebody's browser. `checked` lets axe in, which the pages' own policy on scripts keeps out."""
    view: Any = size or PHONE
    context = chromium.new_context(
        viewport=view,
        java_script_enabled=scripts,
        color_scheme="dark" if dark else "light",
        bypass_csp=checked,
        has_touch=view == PHONE,
    )
    context.set_default_timeout(_PATIENCE)
    yield context
    context.close()


def violations(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 AA and its own best practices; ids of rules with the elements."""
    from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {[node['html'][:120] for node in one['nodes']]}" for one in found]


def overflows(page: Page) -> bool:
    """Whether anything stands wider than the screen."""
    return bool(page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))
