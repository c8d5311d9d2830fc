"""Every task that the engine can ask of people has words: what it means and how it is done, in both languages."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from activities.finance import SETTLE
from connectors.stripe_standing import UNSETTLED
from exports import words
from exports.todo import FAMILIES, explain

ROOT = Path(__file__).parents[2]
PLACES = ("activities", "workflows", "cli", "cases", "portal", "domain")


class Codes(ast.NodeVisitor):
    """The codes that one module asks people with: literals, constants of the module, values of its tables."""

    def __init__(self, tree: ast.Module) -> None:
        self.named: dict[str, set[str]] = {}
        self.found: set[str] = set()
        self.unread: list[str] = []
        for node in tree.body:
            if isinstance(node, ast.Assign) and node.targets:
                self._name(node.targets[0], node.value)
        self.visit(tree)

    def _name(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            for one, its in zip(target.elts, value.elts, strict=False):  # a starred name has no one value
                self._name(one, its)
        elif isinstance(target, ast.Name):
            self.named[target.id] = {
                node.value
                for node in ast.walk(value)
                if isinstance(node, ast.Constant) and isinstance(node.value, str)
            }

    def visit_Call(self, node: ast.Call) -> None:
        called = getattr(node.func, "attr", "")
        if called == "open_task" and len(node.args) > 1:
            self._read(node.args[1])
        asks = getattr(node.func, "id", "") == "ask" and len(node.args) > 2  # a transaction, a case, a code
        if asks and isinstance(node.args[2], ast.JoinedStr):
            self._read(node.args[2])  # inside a transaction; `open_task` passes on what it was given
        if called == "add" and any(getattr(each, "attr", "") == "FOLLOW_UP" for each in node.args):
            self._read(next(each.value for each in node.keywords if each.arg == "code"))
        self.generic_visit(node)

    def _read(self, code: ast.expr) -> None:
        match code:
            case ast.Constant(value=str(text)):
                self.found.add(text)
            case ast.JoinedStr(values=[ast.Constant(value=str(text)), *_]):
                self.found.add(f"{text}some")
            case ast.JoinedStr(values=[ast.FormattedValue(value=ast.Name(id=name)), *_]) if (
                name in self.named
            ):
                self.found |= {f"{family}-some" for family in self.named[name]}
            case ast.Name(id=name) | ast.Subscript(value=ast.Name(id=name)):
                self.found |= self.named.get(name, set())
                if name not in self.named:
                    self.unread.append(name)
            case ast.BoolOp(values=values):
                for each in values:
                    self._read(each)
            case ast.IfExp(body=one, orelse=other):
                self._read(one)
                self._read(other)
            case ast.Attribute(attr="code"):
                pass  # an obligation's own: it is read where the obligation is written
            case _:
                self.unread.append(ast.dump(code))


def modules() -> Iterator[ast.Module]:
    for place in PLACES:
        for path in sorted((ROOT / place).rglob("*.py")):
            yield ast.parse(path.read_text("utf-8"))


def codes() -> set[str]:
    read = [Codes(tree) for tree in modules()]
    imported = {name: values for one in read for name, values in one.named.items()}
    unread = [name for one in read for name in one.unread if name not in imported]
    assert unread == [], "say the code so that it can be read here, or teach this test to read it"
    found = {code for one in read for code in one.found} - {f"{SETTLE}-some"}
    found |= {f"{SETTLE}{obstacle}" for obstacle in UNSETTLED}  # asked by what the connector names
    return found | {code for one in read for name in one.unread for code in imported[name]}


def test_codes_are_found_where_they_are_asked() -> None:
    asked = codes()
    assert {"forward-to-controller", "transfer-refused", "use-again", "review-restriction"} <= asked
    assert {f"{family}-some" for family in FAMILIES} <= asked


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_task_has_its_meaning_and_its_way(language: str) -> None:
    other = explain("no-such-task", language)[1]
    silent = sorted(code for code in codes() if explain(code, language)[1] == other)
    assert silent == []
    assert "no-such-task" in explain("no-such-task", language)[0]
    assert "L6" in explain("hand-over-L6", language)[0]


def test_nothing_is_explained_that_is_never_asked() -> None:
    known = {key.split(".")[1] for key in words.load()["en"]._entries if key.startswith("todo.")}
    asked = {next((f for f in FAMILIES if code.startswith(f"{f}-")), code) for code in codes()}
    assert known - asked == {"other"}
