"""One page that leads to every document that the demonstration left in its folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from demo.scene import Played
from exports import words

_HERE = Path(__file__).parent


def write_index(folder: Path, played: Sequence[Played]) -> Path:
    """Write `index.html` into the folder: the audit exports, then each case with its documents, as relative links."""
    cases = [
        {
            "reference": one.view.case.reference,
            "right": one.view.case.right.value,
            "ending": one.view.ending.value if one.view.ending else "",
            "files": [path.relative_to(folder).as_posix() for path in one.files],
        }
        for one in sorted(played, key=lambda one: one.view.case.reference)
    ]
    environment = Environment(loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined)
    page = environment.get_template("index.html").render(
        cases=cases,
        packages=sorted(path.name for path in folder.glob("audit-export-*.zip")),
        words=words.load()["th"],
    )
    index = folder / "index.html"
    index.write_text(page, "utf-8")
    index.chmod(0o600)
    return index
