"""Templates tried on invented cases, before anybody is written to with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from itertools import product
from pathlib import Path

from domain.documents import CaseFile
from domain.errors import BadInput, PolicyInvalid, Refused, SitthiError
from domain.rights import Right
from exports import own, specimen
from exports.letters import TEMPLATES, Templates
from exports.owed import OWED
from exports.words import LANGUAGES
from policy.model import Policy

Render = Callable[[str, CaseFile], tuple[str, str]]
"""Title and HTML of a letter."""

_ANY = "L1"


def faults(
    render: Render, draw: Callable[[str], bytes], policy: Policy, templates: Templates, now: datetime
) -> Iterator[SitthiError]:
    """What is wrong with the templates, each fault once: a statement left out, a name that replaces nothing, a picture.

    Each letter is rendered for every right in both languages, on a case of which everything may be said and on one
    of which the least may be.
    """
    folder = templates.override
    if folder is not None:
        for name in own.strangers(folder, TEMPLATES):
            mend = f"name it as the shipped template that it replaces, or put it under {own.PARTS}/"
            yield PolicyInvalid("template-replaces-nothing", mend, template=name)
    told: set[str] = set()
    for right, language in product(Right, LANGUAGES):
        for file in specimen.case_files(policy, right, language, now):
            for code in OWED:
                fault = _fault(partial(render, code, file))
                if fault is not None and (known := f"{fault.code}{sorted(fault.facts.items())}") not in told:
                    told.add(known)
                    yield fault
    if folder is not None and not told:
        yield from _undrawable(folder, render, draw, policy, now)


def _fault(deed: Callable[[], object]) -> SitthiError | None:
    try:
        deed()
    except (PolicyInvalid, BadInput) as error:
        return error
    return None


def _undrawable(
    folder: Path, render: Render, draw: Callable[[str], bytes], policy: Policy, now: datetime
) -> Iterator[SitthiError]:
    """Letters that ask for a picture or an address that they are not given, which shows only when they are drawn.

    Of those that the company left as they are one in each language is enough: they differ in words alone.
    """
    for language in LANGUAGES:
        full = next(specimen.case_files(policy, Right.ERASURE, language, now))
        for code in OWED:
            name = f"{language}/{code}.html"
            if code != _ANY and not (folder / name).is_file():
                continue
            try:
                draw(render(code, full)[1])
            except Refused as error:
                yield PolicyInvalid(error.code, error.mend, template=name)
