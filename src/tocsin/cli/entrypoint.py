"""Starts the command, or says what it needs."""

import sys

USAGE = 2


def main() -> None:
    """Run the command line and leave with its exit code; 2 where the extra `cli` is not installed."""
    try:
        from tocsin.cli.command import tocsin  # noqa: PLC0415  click and rich may be missing
    except ModuleNotFoundError as error:
        missing = str(error.name).partition(".")[0]
        if missing not in {"click", "rich"}:
            raise
        sys.stderr.write(f"tocsin: the command line needs {missing}: pip install 'tocsin[cli]'\n")
        sys.exit(USAGE)
    tocsin.main(prog_name="tocsin")
