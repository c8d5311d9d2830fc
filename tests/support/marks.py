"""Finding a word wherever it may hide: in the encodings in which programs write text into files and messages."""

from __future__ import annotations

import base64
import json
import quopri
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import quote

_AROUND = 40


def forms(word: str) -> frozenset[bytes]:
    """The bytes of a word as text, escaped, in hex, and in base64 wherever in a longer text it may stand."""
    plain: set[bytes] = set()
    for text in {word, word.lower(), word.upper()}:
        plain |= {
            text.encode(),
            text.encode("utf-16-le"),
            text.encode("utf-16-be"),
            json.dumps(text)[1:-1].encode(),
            text.encode("ascii", "xmlcharrefreplace"),
            repr(text.encode())[2:-1].encode(),
            quote(text).encode(),
            quopri.encodestring(text.encode()).replace(b"=\n", b""),
        }
    packed: set[bytes] = set()
    for raw in plain:
        packed |= {raw.hex().encode(), raw.hex().upper().encode(), *_in_base64(raw)}
    return frozenset(plain | packed)


def _in_base64(raw: bytes) -> Iterator[bytes]:
    """What is the same of its base64 after any number of bytes before it and whatever follows."""
    for before in range(3):
        whole = bytes(before) + raw + bytes(2)
        # Characters that hold bits of its neighbours are left out, and no other.
        known = slice(-(-8 * before // 6), 8 * (before + len(raw)) // 6)
        yield base64.b64encode(whole)[known]
        yield base64.urlsafe_b64encode(whole)[known]


def exact_forms(word: str) -> frozenset[bytes]:
    """The same for a token, which is ASCII and means nothing in another case."""
    raw = word.encode()
    return frozenset({raw, raw.hex().encode(), *_in_base64(raw)})


class Search:
    """Looks for words in all their forms."""

    def __init__(self, words: Iterable[str], shapes: Callable[[str], frozenset[bytes]] = forms) -> None:
        self._words = {word: shapes(word) for word in words}

    def hits(self, data: bytes) -> list[str]:
        """Each form of each word that stands there, with what stands around it."""
        found = []
        for word, shapes in self._words.items():
            for shape in shapes:
                at = data.find(shape)
                if at >= 0:
                    around = data[max(0, at - _AROUND) : at + len(shape) + _AROUND]
                    found.append(f"{word} as {shape[:20]!r}: ...{around!r}...")
        return found
