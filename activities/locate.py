"""Locate: one system's records of the person, in pages, into a sealed manifest."""

from __future__ import annotations

import hashlib

from activities.tools import Step, searched, step
from domain.case import Located, Task
from domain.connector import Capability


class Locate(Step):
    """Searches one system."""

    @step("locate")
    def locate(self, task: Task) -> Located:
        """Write the manifest; `task.batch` numbers the round, as ids found in one system lead into the next."""
        tools = self.tools
        connector = tools.connector(task.system, Capability.LOCATE)
        tools.register.enter(task.case, task.step)
        subject = searched(tools, task.case)
        manifest, digest, count, cursor = f"manifests/{task.system}", hashlib.sha256(), 0, ""
        # Written anew on a retry: a file appears whole or not at all, so a half manifest is never read.
        with tools.files.write(task.case, manifest) as out:
            while True:
                page = connector.locate(subject, cursor)
                for item in page.items:
                    line = item.model_dump_json().encode() + b"\n"
                    digest.update(line)
                    out.write(line)
                count, cursor = count + len(page.items), page.cursor
                if not cursor:
                    break
        new = 0
        if Capability.SCAN in connector.capabilities:
            new = tools.vault.add_identifiers(task.case, connector.scan(subject))
        located = Located(
            system=task.system, count=count, manifest=manifest, digest=digest.hexdigest(), identifiers=new
        )
        tools.findings.located(task.case, located)
        return located
