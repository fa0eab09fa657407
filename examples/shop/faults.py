"""The switchboard: faults that somebody outside turns on and off while the shop runs.

``SHOP_FAULTS`` names a JSON file with the list of what is on. A file, because it is seen by every worker of every
service at once, and reading it (some 10 µs) costs nothing beside a request. No variable or no file: nothing is on.
"""

import json
import os
from pathlib import Path

PAYMENT_DOWN = "payment-down"
PAYMENT_500 = "payment-500"
PAYMENT_429 = "payment-429"
SLOW_QUERY = "slow-query"
FLAKY_TASK = "flaky-task"

SWITCHES = frozenset({PAYMENT_DOWN, PAYMENT_500, PAYMENT_429, SLOW_QUERY, FLAKY_TASK})


def is_on(switch: str) -> bool:
    board = os.environ.get("SHOP_FAULTS")
    return board is not None and switch in _read(Path(board))


def turn(switch: str, *, on: bool, board: Path) -> None:
    """Take effect with the next request. A reader sees the old board or the new one, never half of it.

    Raises:
        ValueError: there is no such switch.
    """
    if switch not in SWITCHES:
        raise ValueError(f"unknown switch {switch!r}: choose one of {', '.join(sorted(SWITCHES))}")
    lit = _read(board) | {switch} if on else _read(board) - {switch}
    draft = board.with_suffix(".draft")
    draft.write_text(json.dumps(sorted(lit)))
    draft.replace(board)


def _read(board: Path) -> frozenset[str]:
    try:
        return frozenset(json.loads(board.read_bytes()))
    except FileNotFoundError:
        return frozenset()
