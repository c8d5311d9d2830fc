"""A company's own folder of letter templates: which files may stand in it, and the pictures of its letterhead.

Besides files named as a shipped template, which they replace (`letterhead.html`, `signature.html`, `style.css`,
`th/L5.html`), it may hold pictures, and parts of its own under `parts/`. Any other name is refused: a template whose
name is misspelt would replace nothing, and nobody would see it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from domain.errors import PolicyInvalid

PARTS = "parts"
_PICTURES = (".svg", ".png")
_MOST_PICTURE = 2 << 20


def pictures(folder: Path | None) -> Mapping[str, bytes]:
    """The pictures of the folder by name, as `pdf.write` takes them; a template shows `picture:NAME`.

    Raises:
        PolicyInvalid: one is larger than 2 MiB, or the folder is none.
    """
    if folder is None:
        return {}
    if not folder.is_dir():
        raise PolicyInvalid("templates-missing", "name a directory in SITTHI_TEMPLATES")
    found = {}
    for path in sorted(folder.iterdir()):
        if path.suffix in _PICTURES:
            if path.stat().st_size > _MOST_PICTURE:
                raise PolicyInvalid("picture-too-large", "2 MiB is the most", template=path.name)
            found[path.name] = path.read_bytes()
    return found


def strangers(folder: Path, shipped: Path) -> Iterator[str]:
    """Files of the folder that replace no shipped template and are none of its pictures or parts, by name."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if not path.is_file() or name.parts[0] == PARTS or path.name.startswith("."):
            continue
        if len(name.parts) == 1 and path.suffix in _PICTURES:
            continue
        if not (shipped / name).is_file():
            yield name.as_posix()
