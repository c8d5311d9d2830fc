"""The commands by which officers work, every word of them a mark; no mark stands in their arguments or output."""

from __future__ import annotations

import json
import time
import zipfile
from typing import Any

import httpx

from cases.standing import For
from cli.standing import standing
from demo.scenarios import FORMER_CUSTOMER, SAME_EMAIL
from domain.errands import Answer, Asks, Paper, Question
from domain.identifiers import IdentifierKind, identifier
from tests.e2e.canary_story import HIDDEN, WHY, Story
from tests.e2e.canary_way import ELSEWHERE
from tests.support.marked import LATIN, email_of

ARCHIVE = "archive@siamcrm.example"
"""Whoever keeps the paper, asked by link."""

CODE = ("--reason", "HELP-1")
NOT_AT_THE_COUNTER = frozenset(
    {
        *("up", "demo", "migrate", "doctor", "serve portal", "serve codec"),
        *("extend", "repair", "hand", "proceed", "call-off", "retime"),
        *("staff add", "staff list", "staff disable", "staff reset", "staff lost", "hold place", "export"),
        *("drill case", "drill pack"),
        *("finance cancel", "finance settled", "finance wait", "files list", "files review"),
        *("errands found", "errands copied", "errands done", "token add", "token list", "token revoke"),
        *("link new", "link list", "link revoke"),
        *("webhook add", "webhook list", "webhook retry", "webhook revoke"),
        *("replay", "incident", "redact", "identity-copy", "law order", "edit"),
        *("law due", "law hold", "policy check", "policy diff", "policy explain", "policy gaps"),
        *("policy record", "policy sign", "policy apply-calendar", "audit publish-head"),
        *("datamap discover", "datamap check", "letters preview", "letters check"),
    }
)
"""Commands that the counter does not need.

The stack's, the law's, the policy's, the templates' and the maps', which know no person, and those whose words pass
through the same desk or register anyway.
"""


class Counter:
    """An officer and an approver at their terminals."""

    def __init__(self, story: Story, officer: str, approver: str) -> None:
        self.story, self.officer, self.approver = story, officer, approver
        self.words = story.written("counter-words", WHY)
        self.why = ("--reason", self.words)

    def run(self, *argv: str, by: str = "", shows_persons: bool = False) -> str:
        return self.story.site.command(*argv, credential=by or self.officer, shows_persons=shows_persons)

    def told(self, *argv: str, **more: Any) -> Any:
        return json.loads(self.run(*argv, "--json", **more))

    def opened(self, right: str, email: str, *more: str) -> str:
        file = self.story.written("counter-email", email)
        told = self.told("open", "--right", right, "--email", file, "--name", self.words, *more)
        return str(told["cases"][0]["reference"])

    def until(self, reference: str, waits: For) -> None:
        """Until the case waits for that; a command to look would take longer than the engine does."""
        room = self.story.site.house.room
        for _ in range(1200):
            if standing(room, room.register.view(reference)).waits_for is waits:
                return
            time.sleep(0.1)
        raise AssertionError(f"{reference} does not wait for {waits}")

    def verified(self, right: str, email: str, *more: str) -> str:
        reference = self.opened(right, email, *more)
        self.until(reference, For.IDENTITY)
        self.run("verify", reference, "--method", "masked-document", *self.why)
        self.until(reference, For.DECISION)
        return reference

    def work(self) -> None:
        """A day of theirs."""
        self._corrects()
        self._restricts_and_lifts()
        self._merges_and_ends()
        self._chooses()
        self._tells_others()
        self._hears_tenants()
        self._writes()
        self._accounts()
        self._asks_people()
        self._looks()

    def _corrects(self) -> None:
        agent = ("--agent", self.words, "--authority", self.words)
        wish = ("--set", f"name-th={self.words}")
        ref = self.opened("rectification", email_of(FORMER_CUSTOMER), *wish, *agent)
        self.until(ref, For.AUTHORITY)
        seen = (
            "--capacity",
            "agent",
            "--shown",
            "power-of-attorney,actor-identity",
            "--covers",
            "rectification",
        )
        self.run("authorise", ref, *seen, *self.why)
        self.run("authorise", ref, "--second", *self.why, by=self.approver)
        self.run("verify", ref, "--method", "masked-document", *self.why)
        self.until(ref, For.DECISION)
        self.run("wish", ref, *CODE, shows_persons=True)
        for change in (
            ("--set", f"name-en={self.story.written('latin', LATIN)}"),
            ("--reply-to", self.story.written("elsewhere", ELSEWHERE)),
            agent,
            ("--of-age",),
        ):
            self.run("amend", ref, *change, *self.why)
        self.until(ref, For.IDENTITY)
        self.run("verify", ref, "--method", "masked-document", *self.why)
        self.until(ref, For.DECISION)
        self.run("progress", ref, "--because", "others", "--expected", "2099-01-05")
        order = self.told("complaint", ref, "--order", self.words, *self.why)["order"]
        self.run("hold", "list")
        self.run("hold", "due", order, "--served", "2026-11-20")
        self.run("hold", "release", order, *self.why, by=self.approver)
        self.run("plan", ref)
        self.run("refuse", ref, "--ground", "R36-ACCURATE", *self.why)
        self.run("confirm", ref, *self.why, by=self.approver)
        self.until(ref, For.NOTHING)
        again = self.told("reopen", ref, *self.why)["cases"][0]["reference"]
        review = self.told("review", ref, *self.why)["cases"][0]["reference"]
        for each in (again, review):
            self.until(each, For.IDENTITY)
            self.run("withdraw", each, *CODE)

    def _restricts_and_lifts(self) -> None:
        ref = self.verified("restriction", email_of(FORMER_CUSTOMER), "--set", "because=accuracy")
        self.run("propose", ref, *self.why)
        self.until(ref, For.NOTHING)
        self.run("lift", ref, *self.why)
        tasks = self.told("tasks", "list", ref)["tasks"]
        assert tasks, "nobody is asked to keep anything from use"
        self.run("tasks", "hand", str(tasks[0]["id"]), "--to", self.story.people.approver)
        self.run("tasks", "done", str(tasks[0]["id"]), *self.why)
        for task in self.told("tasks", "list", ref)["tasks"]:
            self.run("tasks", "drop", str(task["id"]), *self.why)

    def _merges_and_ends(self) -> None:
        email = email_of(FORMER_CUSTOMER)
        first, second, third = (self.verified("access", email) for _ in range(3))
        self.run("duplicates")
        self.run("merge", second, "--into", first, *self.why)
        self.run("cancel", first, "--mistake", "duplicate", *self.why)
        self.run("cancel", first, "--mistake", "duplicate", *self.why, by=self.approver)
        died = ("amend", third, "--died", "death-certificate", *self.why)
        self.run(*died)
        self.run(*died, by=self.approver)

    def _chooses(self) -> None:
        ref = self.opened("access", email_of(SAME_EMAIL))
        self.until(ref, For.CHOICE)
        self.run("candidates", ref, *CODE, shows_persons=True)
        self.run("choose", ref, "1", *self.why)
        self.until(ref, For.IDENTITY)
        self.run("cancel", ref, "--mistake", "test", *self.why)

    def _tells_others(self) -> None:
        known = identifier(IdentifierKind.EMAIL, email_of(FORMER_CUSTOMER)).value
        about = ("--email", self.story.written("counter-known", known), "--unit", "U01", "--what", self.words)
        power = ("--recipient", self.words, "--power", self.words, "--order", self.words, "--by", self.words)
        self.run("disclose", "add", *about, *power, *self.why)
        self.run("disclose", "list", *CODE, shows_persons=True)

    def _hears_tenants(self) -> None:
        ref = self.opened("erasure", email_of(FORMER_CUSTOMER), "--controller", "a-tenant")
        self.until(ref, For.IDENTITY)
        self.run("tenant", "invite", ref, "--contact", self.story.written("contact", ELSEWHERE))
        self.run("tenant", "instruct", ref, "--told", "ourselves", *self.why)
        self.run("cancel", ref, "--mistake", "test", *self.why)

    def _writes(self) -> None:
        """A letter goes by post."""
        ref = self.opened("access", email_of(FORMER_CUSTOMER))
        self.until(ref, For.IDENTITY)
        posted = (
            "--tracking",
            self.story.written("counter-tracking", f"{LATIN}123456"),
            "--on",
            "2026-11-20",
        )
        self.run("letters", "posted", ref, "L1", *posted)
        self.run("letters", "enclose", ref, *CODE)
        self.run("cancel", ref, "--mistake", "test", *self.why)

    def _accounts(self) -> None:
        """An export that names nobody is made; one that names people is asked for and approved."""
        site = self.story.site
        days, out = ("--from", "2026-01-01", "--to", "2099-12-31"), site.home / "desk" / "audit.zip"
        self.run("audit", "export", *days, "--out", str(out), *CODE)
        with zipfile.ZipFile(out) as package:
            for name in package.namelist():
                site.note("state-files", f"audit.zip/{name}", _but_who_signs(name, package.read(name)))
        scan = site.home / "desk" / "order.pdf"
        scan.write_bytes(b"%PDF-1.7 " + LATIN.encode())
        persons = self.story.written("counter-subject", email_of(FORMER_CUSTOMER))
        order = ("--full", "--order-ref", self.words, "--order-file", str(scan), "--subject", persons)
        asked = self.told("audit", "export", *days, *order, "--out", str(out.with_name("full.zip")), *CODE)
        self.run("audit", "approve", asked["export"], by=self.approver)
        self.run("audit", "exports")
        self.run("audit", "key")

    def _asks_people(self) -> None:
        """Somebody is to look through papers, and finds some; asked past the connector, which would hold up every case."""
        ref = self.opened("access", email_of(SAME_EMAIL))
        room = self.story.site.house.room
        known = (identifier(IdentifierKind.EMAIL, email_of(SAME_EMAIL)),)
        question = Question(asks=Asks.FIND, identifiers=known, name=WHY)
        case = room.register.view(ref).case.id
        errand = room.errands.ask(case, "archive", "canary", question, within_days=7)
        self.run("errands", "list")
        self.run("errands", "show", str(errand.id), *CODE, shows_persons=True)
        number = str(errand.id)
        self.run("errands", "link", number, "--to", ARCHIVE)
        self.run("errands", "revoke", number)
        self._answered(self._link("errands", "link", number), did="could-not")
        self.run("errands", "show", number, *CODE, shows_persons=True)
        paper = Paper(kind="file", ref=LATIN, note=WHY)
        room.errands.answer(errand.id, Answer(papers=(paper,)), actor=self.story.people.officer)
        self.until(ref, For.CHOICE)
        self.run("cancel", ref, "--mistake", "test", *self.why)

    def _link(self, *argv: str) -> str:
        """A link that a terminal shows once, and nothing else ever."""
        link = str(self.told(*argv, shows_persons=True)["link"])
        self.story.site.tokens.add(link.rpartition("/")[2])
        return link

    def _answered(self, link: str, **said: str) -> None:
        """Somebody answers by a link at the portal, in words that are marks."""
        with httpx.Client(follow_redirects=True) as browser:
            job = self._pressed(browser, browser.get(link), "/answer")
            done = self._pressed(browser, job, "/answer/send", why=WHY, **said)
        assert done.url.path == "/answer/done"

    def _pressed(self, browser: httpx.Client, page: httpx.Response, to: str, **said: str) -> httpx.Response:
        """The page after a press; who is told to wait waits."""
        form, at = {**dict(HIDDEN.findall(page.text)), **said}, page.url.join(to)
        while (answer := browser.post(at, data=form)).status_code == httpx.codes.TOO_MANY_REQUESTS:
            time.sleep(float(answer.headers["retry-after"]))
        return answer

    def _looks(self) -> None:
        for command in (("list",), ("fields",), ("tasks", "list", "--all"), ("obligations",), ("release",)):
            self.run(*command)
        self.run("refusals")
        self.run("refusals", *CODE, shows_persons=True)
        known = identifier(IdentifierKind.EMAIL, email_of(FORMER_CUSTOMER)).value
        file = self.story.written("counter-located", known)
        self.run("locate", "--system", "siamcrm", "--identifier", f"email={file}", *CODE, shows_persons=True)
        self.run("suppression", "check", file, *CODE, shows_persons=True)
        self.run("datamap", "explain", "--system", "siamcrm", "--email", file, *CODE)
        self.run("audit", "verify")

    def sweep(self) -> None:
        """What is over is planned, shown and approved; last of all, for it takes what nobody asked to keep."""
        self.run("retention", "plan")
        sweep = self.told("retention", "sweep")["id"]
        self.run("retention", "show", sweep)
        self.run("retention", "approve", sweep, *self.why, by=self.approver)
        self.run("retention", "list")

    def settles(self, reference: str) -> None:
        """Two of them let go a record that nobody's search comes to any more."""
        owed = self.story.site.house.room.obligations
        told = self.told("obligations", reference)["obligations"]
        held = next(one["id"] for one in told if one["kind"] == "held-records")
        lost = next(item.found.no for item in owed.items(held))
        owed.move(held, owed.view(held).due_on, lost=[lost])
        self.run("suppression", "lift", reference, *self.why)
        told = self.told("recipients", "list", reference)["recipients"][0]["recipient"]
        self._link("recipients", "link", reference, told)
        self.run("recipients", "revoke", reference, told)
        self._answered(self._link("recipients", "link", reference, told), did="refused")
        self.run("recipients", "answered", reference, told, "--said", "nothing", *self.why)
        for by in (self.officer, self.approver):
            self.run("settle", held, *self.why, by=by)


def _but_who_signs(name: str, content: bytes) -> bytes:
    """A named person signs the package: the one mark that its manifest has, and is to have."""
    if name != "manifest.json":
        return content
    manifest = json.loads(content)
    assert manifest["signer"].pop("name") == WHY
    return json.dumps(manifest, ensure_ascii=False).encode()
