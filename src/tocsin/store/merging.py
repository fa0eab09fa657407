"""Issues that are one, and issues that are not after all: fingerprints move, what is counted of them moves along."""

import sqlite3

from tocsin.store.samples import prune


def merge(connection: sqlite3.Connection, issue_id: int, into: int) -> None:
    """Let all that leads to one issue lead to another one."""
    connection.execute("UPDATE fingerprints SET issue_id = ? WHERE issue_id = ?", (into, issue_id))
    connection.execute("UPDATE issues SET merged_into = ?1 WHERE id = ?2 OR merged_into = ?2", (into, issue_id))
    _settle(connection, into)


def unmerge(connection: sqlite3.Connection, issue_id: int) -> int | None:
    """Give an issue back what it was made of; the issue that it was part of, None where there was none."""
    row = connection.execute("SELECT merged_into FROM issues WHERE id = ?", (issue_id,)).fetchone()
    if row is None or row["merged_into"] is None:
        return None
    connection.execute("UPDATE issues SET merged_into = NULL WHERE id = ?", (issue_id,))
    connection.execute("UPDATE fingerprints SET issue_id = origin_id WHERE origin_id = ?", (issue_id,))
    left: int = row["merged_into"]
    for each in (issue_id, left):
        _settle(connection, each)
    return left


def _settle(connection: sqlite3.Connection, issue_id: int) -> None:
    """Bring an issue in line with its fingerprints."""
    connection.execute(
        "UPDATE issues SET (count, first_seen, last_seen) ="
        " (SELECT sum(count), min(first_seen), max(last_seen) FROM fingerprints WHERE issue_id = ?1) WHERE id = ?1",
        (issue_id,),
    )
    connection.execute(
        "UPDATE occurrences SET issue_id = ?1 WHERE fingerprint_id IN"
        " (SELECT id FROM fingerprints WHERE issue_id = ?1)",
        (issue_id,),
    )
    prune(connection, issue_id)
