"""The command with all its parts."""

import click

from tocsin.cli.alerts import alerts
from tocsin.cli.check import check
from tocsin.cli.config import config
from tocsin.cli.doctor import doctor
from tocsin.cli.fingerprint import fingerprint
from tocsin.cli.heartbeat import heartbeat
from tocsin.cli.issues import issues
from tocsin.cli.mask import mask
from tocsin.cli.notify import notify
from tocsin.cli.query import query
from tocsin.cli.rules import rules
from tocsin.cli.run import run
from tocsin.cli.silence import silence
from tocsin.store import StoreError
from tocsin.version import __version__

_EPILOG = """
\b
Exit codes:
  0  fine
  1  something is broken, or what was asked for does not exist
  2  the command was not used as described here
`tocsin run` leaves with the exit code of what it ran, 128 + the number of the signal that ended it, or 127.
"""


class _Command(click.Group):
    """The root: what a store says about its failure is the answer, without a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except StoreError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=_Command, epilog=_EPILOG)
@click.version_option(__version__, message="%(version)s")
def tocsin() -> None:
    """Issues, alerts and the health of the telemetry of a Python application."""


@tocsin.command()
def version() -> None:
    """Print the version."""
    click.echo(__version__)


for part in (doctor, check, run, issues, fingerprint, alerts, silence, notify, heartbeat, rules, query, mask, config):
    tocsin.add_command(part)
