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
    """
    CREATE TABLE silences (
        id TEXT PRIMARY KEY,
        matchers TEXT NOT NULL,
        starts_at REAL NOT NULL,
        ends_at REAL NOT NULL,
        created_by TEXT NOT NULL,
        comment TEXT NOT NULL,
        updated_at REAL NOT NULL,
        annotations TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX silences_by_end ON silences (ends_at);

    -- Which firing alerts are not told, and why, as of the last evaluation.
    CREATE TABLE held_alerts (
        fingerprint TEXT NOT NULL,
        group_key TEXT NOT NULL,
        receiver TEXT NOT NULL,
        reason TEXT NOT NULL,
        held_by TEXT NOT NULL,
        PRIMARY KEY (fingerprint, group_key, receiver, reason)
    ) WITHOUT ROWID;

    -- The oldest notification of each group that waits for an integration, without a look at the others.
    CREATE INDEX outbox_waiting ON outbox (receiver, integration, group_key, id) WHERE state = 'pending';
    """,
    """
    -- How an issue stands, since when, and what ends that.
    ALTER TABLE issues ADD COLUMN status_since REAL NOT NULL DEFAULT 0;
    ALTER TABLE issues ADD COLUMN status_count INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE issues ADD COLUMN until_at REAL;
    ALTER TABLE issues ADD COLUMN until_count INTEGER;
    ALTER TABLE issues ADD COLUMN within REAL;
    ALTER TABLE issues ADD COLUMN until_release TEXT NOT NULL DEFAULT '';
    ALTER TABLE issues ADD COLUMN assignee TEXT NOT NULL DEFAULT '';
    ALTER TABLE issues ADD COLUMN merged_into INTEGER;
    UPDATE issues SET status_since = coalesce(regressed_at, resolved_at, first_seen), status_count = count;

    -- All that is counted hangs on the fingerprint, so that issues can be merged and taken apart again.
    ALTER TABLE fingerprints RENAME TO fingerprints_before;
    CREATE TABLE fingerprints (
        id INTEGER PRIMARY KEY,
        service TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        issue_id INTEGER NOT NULL REFERENCES issues (id) ON DELETE CASCADE,
        origin_id INTEGER NOT NULL,
        count INTEGER NOT NULL,
        first_seen REAL NOT NULL,
        last_seen REAL NOT NULL,
        UNIQUE (service, fingerprint)
    );
    INSERT INTO fingerprints (service, fingerprint, issue_id, origin_id, count, first_seen, last_seen)
        SELECT before.service, before.fingerprint, issues.id, issues.id, count, first_seen, last_seen
        FROM fingerprints_before AS before JOIN issues ON issues.id = before.issue_id;
    DROP TABLE fingerprints_before;
    CREATE INDEX fingerprints_by_issue ON fingerprints (issue_id);
    ALTER TABLE occurrences ADD COLUMN fingerprint_id INTEGER;
    UPDATE occurrences SET fingerprint_id =
        (SELECT min(id) FROM fingerprints WHERE fingerprints.issue_id = occurrences.issue_id);

    -- Occurrences in each minute, hour and day; `grain` is the length of the bucket in seconds.
    CREATE TABLE counts (
        fingerprint_id INTEGER NOT NULL REFERENCES fingerprints (id) ON DELETE CASCADE,
        grain INTEGER NOT NULL,
        bucket INTEGER NOT NULL,
        count INTEGER NOT NULL,
        PRIMARY KEY (fingerprint_id, grain, bucket)
    ) WITHOUT ROWID;
    CREATE INDEX counts_by_time ON counts (grain, bucket);

    CREATE TABLE tags (
        fingerprint_id INTEGER NOT NULL REFERENCES fingerprints (id) ON DELETE CASCADE,
        key TEXT NOT NULL,
        value TEXT NOT NULL,
        count INTEGER NOT NULL,
        PRIMARY KEY (fingerprint_id, key, value)
    ) WITHOUT ROWID;

    CREATE TABLE users (
        fingerprint_id INTEGER NOT NULL REFERENCES fingerprints (id) ON DELETE CASCADE,
        user TEXT NOT NULL,
        PRIMARY KEY (fingerprint_id, user)
    ) WITHOUT ROWID;

    CREATE TABLE issue_events (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        issue_id INTEGER NOT NULL REFERENCES issues (id) ON DELETE CASCADE,
        at REAL NOT NULL,
        actor TEXT NOT NULL,
        action TEXT NOT NULL,
        detail TEXT NOT NULL
    );
    CREATE INDEX issue_events_by_issue ON issue_events (issue_id, id);

    CREATE TABLE releases (
        service TEXT NOT NULL,
        release TEXT NOT NULL,
        first_seen REAL NOT NULL,
        PRIMARY KEY (service, release)
    ) WITHOUT ROWID;
    """,
    """
    -- How far those came who pass samples on.
    CREATE TABLE sample_readers (
        reader TEXT PRIMARY KEY,
        position INTEGER NOT NULL
    ) WITHOUT ROWID;
    """,
    """
    -- What rules recorded and long windows look back at. Values are the eight bytes of a double: SQLite has no NaN.
    CREATE TABLE recorded_series (
        id INTEGER PRIMARY KEY,
        metric TEXT NOT NULL,
        labels TEXT NOT NULL UNIQUE
    );
    CREATE INDEX recorded_series_by_metric ON recorded_series (metric);
    CREATE TABLE recorded_samples (
        series_id INTEGER NOT NULL REFERENCES recorded_series (id) ON DELETE CASCADE,
        at INTEGER NOT NULL,
        value BLOB NOT NULL,
        PRIMARY KEY (series_id, at)
    ) WITHOUT ROWID;
    """,
    """
    -- What people decided about one firing of an alert.
    CREATE TABLE alert_standings (
        fingerprint TEXT PRIMARY KEY,
        fired_at REAL NOT NULL,
        status TEXT NOT NULL,
        at REAL NOT NULL,
        actor TEXT NOT NULL,
        note TEXT NOT NULL,
        until_at REAL
    ) WITHOUT ROWID;

    -- Everything that was done about alerts, silences and notifications, and by whom.
    CREATE TABLE alert_events (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at REAL NOT NULL,
        actor TEXT NOT NULL,
        action TEXT NOT NULL,
        subject TEXT NOT NULL,
        labels TEXT NOT NULL,
        detail TEXT NOT NULL
    );
    CREATE INDEX alert_events_by_time ON alert_events (at);

    -- When each firing alert was told first: escalation counts from there.
    ALTER TABLE notification_log ADD COLUMN since TEXT NOT NULL DEFAULT '{}';

    CREATE INDEX outbox_sent ON outbox (receiver, integration, state, sent_at);

    CREATE TABLE heartbeats (
        name TEXT PRIMARY KEY,
        every REAL NOT NULL,
        grace REAL NOT NULL,
        severity TEXT NOT NULL,
        status TEXT NOT NULL,
        created_at REAL NOT NULL,
        ok_at REAL,
        started_at REAL,
        failed_at REAL,
        note TEXT NOT NULL,
        duration REAL
    ) WITHOUT ROWID;
    """,
    """
    -- What is known of an occurrence beyond its stack trace, as JSON.
    ALTER TABLE occurrences ADD COLUMN details TEXT NOT NULL DEFAULT '{}';

    -- What pseudonyms of users are made with: one key for all processes that share the file, never shown.
    CREATE TABLE keys (
        name TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) WITHOUT ROWID;
    INSERT INTO keys VALUES ('users', lower(hex(randomblob(32))));
    """,
    """
    -- Which of the alerts that fire a receiver knows to be acknowledged.
    ALTER TABLE notification_log ADD COLUMN acknowledged TEXT NOT NULL DEFAULT '[]';

    -- The message that an integration posted about a group, so that whoever evaluates next can update it.
    CREATE TABLE posted_messages (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        receiver TEXT NOT NULL,
        integration INTEGER NOT NULL,
        group_key TEXT NOT NULL,
        message TEXT NOT NULL,
        at REAL NOT NULL,
        UNIQUE (receiver, integration, group_key)
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
