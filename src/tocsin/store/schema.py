"""The schema, as the list of migrations that make it; `PRAGMA user_version` is how many were applied.

Only what SQLite 3.31 knows: long-lived distributions ship Python with a library that old.
"""

import sqlite3

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE issues (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        service TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        title TEXT NOT NULL,
        culprit TEXT NOT NULL,
        error_type TEXT NOT NULL,
        category TEXT NOT NULL,
        severity TEXT NOT NULL,
        handled INTEGER NOT NULL,
        status TEXT NOT NULL,
        count INTEGER NOT NULL,
        first_seen REAL NOT NULL,
        last_seen REAL NOT NULL,
        first_release TEXT NOT NULL,
        last_release TEXT NOT NULL,
        resolved_at REAL,
        regressed_at REAL
    );
    CREATE INDEX issues_by_last_seen ON issues (last_seen);

    -- Several fingerprints may lead to one issue: merged issues, and those of earlier algorithms.
    CREATE TABLE fingerprints (
        service TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        issue_id INTEGER NOT NULL REFERENCES issues (id) ON DELETE CASCADE,
        PRIMARY KEY (service, fingerprint)
    ) WITHOUT ROWID;
    CREATE INDEX fingerprints_by_issue ON fingerprints (issue_id);

    CREATE TABLE occurrences (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        issue_id INTEGER NOT NULL REFERENCES issues (id) ON DELETE CASCADE,
        at REAL NOT NULL,
        message TEXT NOT NULL,
        stacktrace TEXT NOT NULL,
        handled INTEGER NOT NULL,
        release TEXT NOT NULL,
        trace_id TEXT NOT NULL,
        span_id TEXT NOT NULL,
        attributes TEXT NOT NULL
    );
    CREATE INDEX occurrences_by_issue ON occurrences (issue_id, id);

    CREATE TABLE metric_batches (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at REAL NOT NULL,
        payload BLOB NOT NULL
    );
    CREATE INDEX metric_batches_by_time ON metric_batches (at);

    CREATE TABLE alerts (
        rule_group TEXT NOT NULL,
        rule TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        labels TEXT NOT NULL,
        annotations TEXT NOT NULL,
        state TEXT NOT NULL,
        value REAL,
        active_at REAL NOT NULL,
        fired_at REAL,
        resolved_at REAL,
        keep_firing_since REAL,
        PRIMARY KEY (rule_group, rule, fingerprint)
    ) WITHOUT ROWID;

    CREATE TABLE alert_transitions (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at REAL NOT NULL,
        rule_group TEXT NOT NULL,
        rule TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        labels TEXT NOT NULL,
        state TEXT NOT NULL,
        value REAL
    );
    CREATE INDEX alert_transitions_by_time ON alert_transitions (at);

    CREATE TABLE notification_log (
        group_key TEXT NOT NULL,
        receiver TEXT NOT NULL,
        integration INTEGER NOT NULL,
        at REAL NOT NULL,
        firing TEXT NOT NULL,
        resolved TEXT NOT NULL,
        PRIMARY KEY (group_key, receiver, integration)
    ) WITHOUT ROWID;

    CREATE TABLE outbox (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        key TEXT NOT NULL UNIQUE,
        receiver TEXT NOT NULL,
        integration INTEGER NOT NULL,
        group_key TEXT NOT NULL,
        payload BLOB NOT NULL,
        created_at REAL NOT NULL,
        state TEXT NOT NULL,
        attempts INTEGER NOT NULL,
        next_attempt_at REAL NOT NULL,
        last_error TEXT NOT NULL,
        sent_at REAL
    );
    CREATE INDEX outbox_by_state ON outbox (state, next_attempt_at);
    """,
    """
    -- One row: when alerts were last evaluated.
    CREATE TABLE evaluation (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        at REAL NOT NULL
    );
    """,
)


def migrate(connection: sqlite3.Connection, migrations: tuple[str, ...] = MIGRATIONS) -> None:
    """Bring the file to the newest version, one transaction a migration; a newer file than this code is refused."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(migrations):
        raise sqlite3.DatabaseError(
            f"the file has schema version {version}, this Tocsin knows {len(migrations)}: upgrade Tocsin here too"
        )
    for number in range(version, len(migrations)):
        connection.executescript(f"BEGIN IMMEDIATE;{migrations[number]};PRAGMA user_version = {number + 1};COMMIT;")
