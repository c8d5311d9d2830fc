"""Letters: Jinja templates in the company's tone, with every statement that each letter owes (pdpa-rules 6.2).

A template says a statement by `{% call say("fee") %}...{% endcall %}`. What was said is counted as it is
rendered, for every letter that goes out: one that leaves out what it owes is refused, with its name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError, TemplateNotFound, UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from domain.errors import BadInput, PolicyInvalid
from domain.rights import Right
from exports.owed import OWED, statements

TEMPLATES = Path(__file__).with_name("templates")

_DAY = r"\d{1,2}\u00a0[^\s<>&]+\u00a0\d{4}"
_TIED = re.compile(
    rf"(?:(?:วันที่|on|by) )?{_DAY}|(?:มาตรา|วรรค|พ\.ศ\.|ข้อ|เลขที่|section|paragraph|clause|B\.E\.) (?=[\d(])[^\s<>&]+"
    r"|วรรค(?:หนึ่ง|สอง|สาม|สี่|ห้า|ท้าย)"
)
"""What stays on one line: a date, a number and its word. libthai breaks even at a no-break space."""

_TAGS = re.compile(r"(<[^>]*>)")


@dataclass
class _Say:
    """The `say` of one rendering: numbers the paragraphs and remembers what was said."""

    said: set[str] = field(default_factory=set)
    number: int = 0

    def __call__(self, statement: str, *, caller: Callable[[], str], numbered: bool = True) -> Markup:
        text = Markup(caller()).strip()  # noqa: S704 - the template's own block, already escaped
        if text.striptags().strip():
            self.said.add(statement)
        if not numbered:
            return Markup('<div class="said">{}</div>').format(text)
        self.number += 1
        return Markup('<div class="said"><span class="number">{}.</span> {}</div>').format(self.number, text)


class Templates:
    """The shipped templates, each of which a file of the same name in `override` replaces."""

    def __init__(self, override: Path | None = None) -> None:
        self.override = override
        places = [str(place) for place in (override, TEMPLATES) if place is not None]
        # Sandboxed: a company's template renders what it is given and reaches nothing else.
        self._environment = ImmutableSandboxedEnvironment(
            loader=FileSystemLoader(places),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def render(self, name: str, values: Mapping[str, Any]) -> str:
        """One template as HTML.

        Raises:
            PolicyInvalid: the template is missing or broken; facts name it.
            BadInput: it needs a value that the case does not have.
        """
        return self._render(name, values)

    def letter(self, code: str, right: Right, values: Mapping[str, Any]) -> str:
        """A letter as HTML, with all that it owes.

        Raises:
            BadInput: no such letter, or a value is missing.
            PolicyInvalid: the template is missing, broken, or leaves out a required statement.
        """
        if code not in OWED:
            raise BadInput("unknown-letter", f"use one of {', '.join(OWED)}", letter=code)
        language = values["words"].language
        name = f"{language}/{code}.html"
        say = _Say()
        html = self._render(name, {**values, "say": say})
        for statement in statements(code, right):
            if statement not in say.said:
                raise PolicyInvalid(
                    "letter-statement-missing",
                    f'say it: {{% call say("{statement}") %}}',
                    template=name,
                    statement=statement,
                )
        return html

    def _render(self, name: str, values: Mapping[str, Any]) -> str:
        try:
            html = self._environment.get_template(name).render(values)
        except UndefinedError as error:
            # Jinja names the missing value, and never what another value holds.
            raise BadInput("letter-value-missing", error.message or "", template=name) from None
        except KeyError:
            raise BadInput(
                "letter-word-unknown", "the catalogue has no word for a fact", template=name
            ) from None
        except TemplateNotFound:
            raise PolicyInvalid("template-missing", "restore the file", template=name) from None
        except TemplateError as error:
            line = getattr(error, "lineno", None) or 0
            raise PolicyInvalid("template-broken", type(error).__name__, template=name, line=line) from None
        head, body, rest = html.partition("<body>")
        return head + body + "".join(map(_tied, _TAGS.split(rest)))


def _tied(part: str) -> str:
    return part if part.startswith("<") else _TIED.sub(r'<span class="tied">\g<0></span>', part)
