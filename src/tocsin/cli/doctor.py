"""`tocsin doctor`: is everything in place, from the error to the person who hears of it?"""

import os
import sys
from pathlib import Path

import click

from tocsin.cli.options import json_option, store_option
from tocsin.cli.output import show_json, show_table
from tocsin.config import load

BROKEN = 1


@click.command()
@click.option("--send/--no-send", default=True, help="Send a test span, metric and log, or do not.")
@store_option
@json_option
def doctor(*, send: bool, store: Path | None, as_json: bool) -> None:
    """Check every hop between an error and the person who hears of it, and say how to mend what is broken.

    Run it where the application runs: with its environment variables, in its folder. Leaves with 1 where something is
    broken; warnings alone are fine.

    With --json: {"checks": [...]}, each with name, status (ok, warning or broken), found and fix.
    """
    from tocsin.doctor import examine  # noqa: PLC0415  other commands start faster without

    settings = load({} if store is None else {"store": store})
    checks = list(examine(settings, environ=os.environ, send=send))
    if as_json:
        show_json({"checks": checks})
    else:
        rows = ((check.status, check.name, check.found, check.fix) for check in checks)
        show_table(("status", "what", "found", "fix"), rows, empty="nothing to check")
    if any(check.status == "broken" for check in checks):
        sys.exit(BROKEN)
