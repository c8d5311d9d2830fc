# ruff: noqa: INP001 - a script, run before anything is installed
"""Say to uv, which ignores pip's configuration, where pip finds packages.

Prints shell `export` lines; what is set for uv already stays as it is. Run by the python that has pip.
"""

from __future__ import annotations

import ast
import os
import shlex
import subprocess
import sys

# pip's option, uv's variable, what stands between several values there
CARRIED = (
    ("index-url", "UV_DEFAULT_INDEX", " "),
    ("extra-index-url", "UV_EXTRA_INDEX_URL", " "),
    ("find-links", "UV_FIND_LINKS", ","),
    ("trusted-host", "UV_INSECURE_HOST", " "),
    ("cert", "SSL_CERT_FILE", " "),
    ("client-cert", "SSL_CLIENT_CERT", " "),
    ("proxy", "ALL_PROXY", " "),
    ("timeout", "UV_HTTP_TIMEOUT", " "),
    ("default-timeout", "UV_HTTP_TIMEOUT", " "),
)
SAME_AS = {"index-url": ("UV_DEFAULT_INDEX", "UV_INDEX_URL")}

# pip's own order: a command's section wins over the global one, the environment over both.
SECTIONS = ("global", "install", ":env:")


def configured() -> dict[str, str]:
    """Return what pip is configured with, by option."""
    told = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
    )
    found: dict[str, tuple[int, str]] = {}
    for line in told.stdout.splitlines():
        name, _, value = line.partition("=")
        section, _, option = name.partition(".")
        if section in SECTIONS and value:
            rank = SECTIONS.index(section)
            if rank >= found.get(option, (-1, ""))[0]:
                found[option] = (rank, str(ast.literal_eval(value)))
    return {option: value for option, (_, value) in found.items()}


def main() -> None:
    """Print the lines."""
    settings = configured()
    lines: dict[str, str] = {}
    for option, variable, between in CARRIED:
        if option in settings and not any(name in os.environ for name in SAME_AS.get(option, (variable,))):
            lines[variable] = between.join(settings[option].split())
    if settings.get("no-index", "").lower() in {"1", "true", "yes", "on"}:
        lines["UV_NO_INDEX"] = "1"
    # pip takes the best version from all its indexes, uv only from the first that knows the name. The hashes in
    # the lock decide what is accepted either way.
    if "UV_INDEX_STRATEGY" not in os.environ:
        lines["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    for variable, value in lines.items():
        print(f"export {variable}={shlex.quote(value)}")  # noqa: T201 - this is what it is for


if __name__ == "__main__":
    main()
