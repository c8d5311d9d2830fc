"""`up`, `demo`, `migrate`: starting what a company starts with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.voice import out

if TYPE_CHECKING:
    from settings import Settings


def up(
    *,
    without_demo: Annotated[
        bool, typer.Option("--no-demo", help="No demonstration company: your own systems file.")
    ] = False,
) -> None:
    """Start everything here and stay up until Ctrl-C. A second time it starts in seconds."""
    if without_demo:
        _bare(_servers_settings())
        return
    from demo.show import run

    raise typer.Exit(run(_servers_settings(), out(), stay=True))


def demo() -> None:
    """Play the demonstration and stop. Exits with 0 only when every case ended as its scenario says."""
    from demo.show import run

    raise typer.Exit(run(_servers_settings(), out()))


def migrate() -> None:
    """Bring register and key store up to date. Connects as their owner."""
    from bootstrap import prepare
    from cli.office import running_settings

    prepare(running_settings())
    out().print("register and key store are current")


def _servers_settings() -> Settings:
    """Without the credential of who starts them: no program needs it, and none should hold it."""
    from adapters import check_templates
    from cli.office import own_settings

    settings = own_settings().model_copy(update={"staff_credential": None})
    check_templates(settings)
    return settings


def _bare(settings: Settings) -> None:
    from bootstrap import prepare
    from demo.stack import run_programs
    from embedded.supervisor import Supervisor

    def say(line: str) -> None:
        out().print(line, highlight=False)

    with Supervisor(settings, say=say) as supervisor:
        _allow_no_systems(supervisor.settings)
        prepare(supervisor.settings)
        run_programs(supervisor)
        _tell_where(supervisor.settings)
        supervisor.wait()


def _allow_no_systems(settings: Settings) -> None:
    file = settings.systems or settings.var / "systems.yaml"
    if not file.exists():
        file.write_text(
            "# One stanza a connected system: name, kind, url or url_env, map.\nsystems: []\n", "utf-8"
        )
        file.chmod(0o600)


def _tell_where(settings: Settings) -> None:
    rows = (
        ("Portal", settings.portal_url),
        ("Temporal Web UI", settings.temporal_ui_url),
        ("E-mail sent", settings.mailbox),
        ("Systems file", settings.systems),
        ("Logs", settings.var / "log"),
    )
    for what, where in rows:
        out().print(f"{what:<20} {where}", highlight=False)
    out().print("The first member of staff: `staff add --name ... --role administrator`.")
    out().print(f"They set up their sign-in at {settings.portal_url}/desk/first and let in the others.")
    out().print("Up until Ctrl-C.")
