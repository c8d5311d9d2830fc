"""Initials, for lists that many may see: enough to tell two cases apart, too little to know who it is."""

from __future__ import annotations

import re

_TITLES = re.compile(
    r"^(?:นางสาว|นาง|นาย|น\.ส\.|ด\.ช\.|ด\.ญ\.|เด็กชาย|เด็กหญิง|คุณ|ดร\.|mr\.?|mrs\.?|ms\.?|miss|dr\.?)\s*(?=\S)",
    re.IGNORECASE,
)
_THAI_CONSONANT = re.compile(r"[ก-ฮ]")
_MOST = 3


def initials_of(name: str) -> str:
    """`นางสาวมาลี ใจดี` -> `ม.จ.`, `Somchai Rakdee` -> `S.R.`; nothing for no name.

    A Thai word's initial is its first consonant: the vowel that is written before it is spoken after it.
    """
    words = _TITLES.sub("", name.strip()).split()[:_MOST]
    letters = [_THAI_CONSONANT.search(word) for word in words]
    return "".join(
        f"{found[0] if found else word[0].upper()}." for word, found in zip(words, letters, strict=True)
    )
