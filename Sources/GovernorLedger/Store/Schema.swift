import GRDB

/// The tables, as migrations by name. A migration that has been released is never edited.
enum Schema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("records") { try $0.execute(sql: records) }
        migrator.registerMigration("accounts") { try $0.execute(sql: accounts) }
        migrator.registerMigration("alerts") { try $0.execute(sql: alerts) }
        migrator.registerMigration("sources") { try $0.execute(sql: sources) }
        migrator.registerMigration("meters") { try $0.execute(sql: meters) }
        migrator.registerMigration("rules") { try $0.execute(sql: rules) }
        migrator.registerMigration("holds") { try $0.execute(sql: holds) }
        migrator.registerMigration("deliveries") { try $0.execute(sql: deliveries) }
        migrator.registerMigration("witnesses") { try $0.execute(sql: witnesses) }
        migrator.registerMigration("polls") { try $0.execute(sql: PollRows.migration) }
        migrator.registerMigration("keys") { try $0.execute(sql: keys) }
        return migrator
    }

    /// Times are milliseconds since 1970, money is nano-dollars, small enumerations are the numbers in `Codes.swift`.
    /// Labels stand once per combination. `record` is clustered by arrival; the hash of its identity is indexed, not the
    /// text, and compared in full when it is found. `rollup` sums a quarter of an hour, the largest step that divides
    /// every window of every zone of today.
    private static let records = """
        CREATE TABLE label_set (
            id INTEGER PRIMARY KEY, hash INTEGER NOT NULL,
            worker TEXT, session TEXT, task TEXT, project TEXT, user TEXT, team TEXT,
            provider TEXT, model TEXT, source TEXT, tags TEXT
        ) STRICT;
        CREATE INDEX label_set_hash ON label_set (hash);
        CREATE INDEX label_set_session ON label_set (session);
        CREATE TABLE file (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE) STRICT;
        CREATE TABLE record (
            sequence INTEGER PRIMARY KEY, key_hash INTEGER NOT NULL, key TEXT NOT NULL, request TEXT,
            flags INTEGER NOT NULL, time INTEGER NOT NULL, label_set INTEGER NOT NULL,
            input INTEGER NOT NULL, output INTEGER NOT NULL, cache_read INTEGER NOT NULL,
            cache_write_5m INTEGER NOT NULL, cache_write_1h INTEGER NOT NULL, cache_write_12h INTEGER NOT NULL,
            reasoning INTEGER NOT NULL, terms INTEGER NOT NULL, web_searches INTEGER NOT NULL,
            reported INTEGER, cost INTEGER NOT NULL, cost_origin INTEGER NOT NULL,
            duration INTEGER, first_token INTEGER, outcome INTEGER NOT NULL, error_kind TEXT,
            file INTEGER, offset INTEGER
        ) STRICT;
        CREATE INDEX record_key ON record (key_hash);
        CREATE INDEX record_time ON record (time);
        CREATE INDEX record_label_set ON record (label_set);
        CREATE TABLE rollup (
            bucket INTEGER NOT NULL, label_set INTEGER NOT NULL,
            calls INTEGER NOT NULL, success INTEGER NOT NULL, unpriced INTEGER NOT NULL, cost INTEGER NOT NULL,
            input INTEGER NOT NULL, output INTEGER NOT NULL, cache_read INTEGER NOT NULL,
            cache_write_5m INTEGER NOT NULL, cache_write_1h INTEGER NOT NULL, cache_write_12h INTEGER NOT NULL,
            reasoning INTEGER NOT NULL,
            PRIMARY KEY (bucket, label_set)
        ) STRICT, WITHOUT ROWID;
        """

    private static let accounts = """
        CREATE TABLE budget (
            name TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, limit_unit TEXT NOT NULL, limit_value INTEGER,
            limit_revision INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE account (
            fingerprint TEXT NOT NULL, split TEXT NOT NULL, slot_start INTEGER NOT NULL, slot_end INTEGER NOT NULL,
            cost INTEGER NOT NULL, tokens INTEGER NOT NULL, calls INTEGER NOT NULL,
            PRIMARY KEY (fingerprint, split, slot_start)
        ) STRICT, WITHOUT ROWID;
        """

    private static let alerts = """
        CREATE TABLE alert (
            id TEXT PRIMARY KEY, budget TEXT NOT NULL, per TEXT NOT NULL, split TEXT NOT NULL,
            window_start INTEGER NOT NULL, window_end INTEGER NOT NULL, ratio INTEGER NOT NULL,
            limit_revision INTEGER NOT NULL, state TEXT NOT NULL, severity TEXT NOT NULL,
            fired_at INTEGER NOT NULL, resolved_at INTEGER, ended_by TEXT, spent INTEGER NOT NULL,
            limit_unit TEXT NOT NULL, limit_value INTEGER NOT NULL, action TEXT NOT NULL, notified TEXT NOT NULL
        ) STRICT;
        CREATE INDEX alert_state ON alert (state, window_end);
        CREATE TABLE notification (
            id TEXT PRIMARY KEY, receiver TEXT NOT NULL, item_group TEXT NOT NULL, items TEXT NOT NULL,
            created_at INTEGER NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL, next_at INTEGER NOT NULL,
            last_error TEXT
        ) STRICT;
        CREATE INDEX notification_state ON notification (state);
        """

    private static let sources = """
        CREATE TABLE cursor (
            path TEXT PRIMARY KEY, device TEXT NOT NULL, inode TEXT NOT NULL, birth INTEGER NOT NULL,
            head_length INTEGER NOT NULL, head_hash TEXT NOT NULL, offset INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE session_labels (session TEXT PRIMARY KEY, labels TEXT NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE snapshot (at INTEGER PRIMARY KEY, body TEXT NOT NULL, pushed INTEGER NOT NULL) STRICT;
        """

    /// Accounts by meter instead of by budget, in order of time, so that what still counts and what no longer does are
    /// each one stretch of the table. They are derived anew; a budget without a fingerprint takes the one it has now.
    ///
    /// `record_apart` holds what a rollup can't tell: calls without a price, and calls that cost nothing. The calls of a
    /// combination of labels lie in order of time, so that its newest is found at once.
    private static let meters = """
        DROP TABLE account;
        CREATE TABLE meter (id INTEGER PRIMARY KEY, definition TEXT NOT NULL UNIQUE, since INTEGER NOT NULL) STRICT;
        CREATE TABLE account (
            meter INTEGER NOT NULL, slot_start INTEGER NOT NULL, split TEXT NOT NULL, slot_end INTEGER NOT NULL,
            cost INTEGER NOT NULL, tokens INTEGER NOT NULL, calls INTEGER NOT NULL,
            PRIMARY KEY (meter, slot_start, split)
        ) STRICT, WITHOUT ROWID;
        UPDATE budget SET fingerprint = '';
        DROP INDEX record_label_set;
        CREATE INDEX record_label_set ON record (label_set, time);
        CREATE INDEX record_apart ON record (time) WHERE cost_origin = 2 OR (cost_origin = 1 AND cost = 0);
        CREATE INDEX rollup_unpriced ON rollup (unpriced) WHERE unpriced <> 0;
        """

    /// Money set aside, what was charged to it, whom operators keep out, and what watchers were told. A key is found by its
    /// hash, as a record is; live holds and ended ones lie apart in indexes of their own.
    private static let holds = """
        CREATE TABLE reservation (
            id INTEGER PRIMARY KEY, key_hash INTEGER NOT NULL, key TEXT NOT NULL, fingerprint INTEGER NOT NULL,
            labels TEXT NOT NULL, state TEXT NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
            ended_at INTEGER, cost INTEGER NOT NULL, tokens INTEGER NOT NULL, calls INTEGER NOT NULL,
            charged_cost INTEGER NOT NULL, charged_tokens INTEGER NOT NULL, charged_calls INTEGER NOT NULL,
            late INTEGER NOT NULL, reported INTEGER, overrun INTEGER NOT NULL, answer TEXT NOT NULL
        ) STRICT;
        CREATE INDEX reservation_key ON reservation (key_hash);
        CREATE INDEX reservation_live ON reservation (id) WHERE ended_at IS NULL;
        CREATE INDEX reservation_ended ON reservation (ended_at) WHERE ended_at IS NOT NULL;
        CREATE INDEX reservation_overrun ON reservation (overrun) WHERE overrun > 0;
        CREATE TABLE charge (
            record INTEGER NOT NULL, reservation INTEGER NOT NULL,
            cost INTEGER NOT NULL, tokens INTEGER NOT NULL, calls INTEGER NOT NULL,
            PRIMARY KEY (record, reservation)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE operator_pause (
            id TEXT PRIMARY KEY, labels TEXT NOT NULL, reason TEXT NOT NULL, paused_by TEXT NOT NULL,
            since INTEGER NOT NULL, until INTEGER, stop INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE event (
            sequence INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, labels TEXT NOT NULL,
            item_kind TEXT, item TEXT, text TEXT NOT NULL
        ) STRICT;
        CREATE TABLE mood (
            item_kind TEXT NOT NULL, item TEXT NOT NULL, labels TEXT NOT NULL, kind TEXT NOT NULL,
            PRIMARY KEY (item_kind, item, labels)
        ) STRICT, WITHOUT ROWID;
        """

    /// Alerts that are not about a share of a limit, and since when something is so that no alert tells of yet.
    private static let rules = """
        CREATE TABLE rule (name TEXT PRIMARY KEY, fingerprint TEXT NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE timer (
            item TEXT NOT NULL, split TEXT NOT NULL, threshold TEXT NOT NULL, since INTEGER NOT NULL,
            PRIMARY KEY (item, split, threshold)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE alert_of_item (
            id TEXT PRIMARY KEY, kind TEXT NOT NULL, item TEXT NOT NULL, per TEXT NOT NULL, split TEXT NOT NULL,
            window_start INTEGER NOT NULL, window_end INTEGER NOT NULL, ratio INTEGER,
            limit_revision INTEGER NOT NULL, state TEXT NOT NULL, severity TEXT NOT NULL,
            fired_at INTEGER NOT NULL, resolved_at INTEGER, ended_by TEXT, spent INTEGER,
            limit_unit TEXT, limit_value INTEGER, text TEXT NOT NULL, action TEXT NOT NULL, notified TEXT NOT NULL,
            silenced INTEGER NOT NULL
        ) STRICT;
        INSERT INTO alert_of_item
            SELECT id, 'threshold', budget, per, split, window_start, window_end, ratio, limit_revision, state,
                severity, fired_at, resolved_at, ended_by, spent, limit_unit, limit_value, '', action, notified, 0
            FROM alert;
        DROP TABLE alert;
        ALTER TABLE alert_of_item RENAME TO alert;
        CREATE INDEX alert_state ON alert (state, window_end);
        CREATE INDEX alert_resolved ON alert (resolved_at);
        CREATE INDEX alert_fired ON alert (fired_at);
        """

    /// Messages that hold several items' alerts and may go in parts, every attempt at them, who was told of what and why,
    /// and what operators said of alerts. What was told before says only that it was.
    private static let deliveries = """
        ALTER TABLE alert ADD COLUMN acknowledged_by TEXT;
        ALTER TABLE alert ADD COLUMN acknowledged_at INTEGER;
        CREATE TABLE telling (
            sequence INTEGER PRIMARY KEY, alert TEXT NOT NULL, receiver TEXT NOT NULL, event TEXT NOT NULL,
            at INTEGER NOT NULL, reason TEXT NOT NULL, notification TEXT
        ) STRICT;
        INSERT INTO telling (alert, receiver, event, at, reason, notification)
            SELECT item.value ->> 'alert', receiver, item.value ->> 'event', created_at,
                CASE item.value ->> 'event' WHEN 'resolved' THEN 'ended' ELSE 'first_of_group' END, notification.id
            FROM notification, json_each(notification.items) AS item
            ORDER BY created_at, notification.id;
        CREATE INDEX telling_alert ON telling (alert);
        CREATE INDEX telling_notification ON telling (notification) WHERE notification IS NOT NULL;
        CREATE TABLE message (
            id TEXT PRIMARY KEY, receiver TEXT NOT NULL, items TEXT NOT NULL, created_at INTEGER NOT NULL,
            due_at INTEGER NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL, next_at INTEGER NOT NULL,
            attempted_at INTEGER, last_error TEXT, settled TEXT NOT NULL, period_start INTEGER, period_end INTEGER
        ) STRICT;
        INSERT INTO message
            SELECT id, receiver, items, created_at, CASE attempts WHEN 0 THEN next_at ELSE created_at END, state,
                attempts, next_at, NULL, last_error, '[]', NULL, NULL
            FROM notification;
        DROP TABLE notification;
        ALTER TABLE message RENAME TO notification;
        CREATE INDEX notification_state ON notification (state, receiver, attempted_at);
        CREATE INDEX notification_due ON notification (due_at);
        CREATE TABLE attempt (
            notification TEXT NOT NULL, number INTEGER NOT NULL, at INTEGER NOT NULL, outcome TEXT NOT NULL,
            reason TEXT, text TEXT, ambiguous INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX attempt_notification ON attempt (notification);
        CREATE TABLE silence (
            id TEXT PRIMARY KEY, items TEXT NOT NULL, terms TEXT NOT NULL, starts_at INTEGER NOT NULL,
            ends_at INTEGER NOT NULL, reason TEXT NOT NULL, silenced_by TEXT
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE disabled_receiver (
            name TEXT PRIMARY KEY, policy TEXT NOT NULL, since INTEGER NOT NULL, why TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        """

    /// Calls that several sources tell of: who told of each (`SourceKinds`), those that are kept and not counted, and per
    /// session who reports it. A request's id lies beside the hour, so that what is written at one time lies together; the
    /// same call is told of within the hour or the next. Parsers keep what they know of a file with its cursor.
    private static let witnesses = """
        ALTER TABLE cursor ADD COLUMN state TEXT;
        ALTER TABLE record ADD COLUMN witnesses INTEGER NOT NULL DEFAULT 0;
        UPDATE record SET witnesses = coalesce((
            SELECT CASE source WHEN 'transcript' THEN 1 WHEN 'coordinator' THEN 64 WHEN 'push' THEN 128 ELSE 0 END
            FROM label_set WHERE id = label_set), 0);
        CREATE INDEX record_request ON record (time / 3600000, request) WHERE request IS NOT NULL;
        ALTER TABLE rollup ADD COLUMN shadowed INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE rollup ADD COLUMN shadowed_cost INTEGER NOT NULL DEFAULT 0;
        CREATE TABLE session (
            session TEXT PRIMARY KEY, labels TEXT, attributes TEXT, since INTEGER, first INTEGER, last INTEGER,
            witnesses INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        INSERT INTO session
            SELECT session, NULL, NULL, NULL, MIN(bucket), MAX(bucket),
                MAX(source = 'transcript') + 32 * MAX(source = 'coordinator')
                + 64 * MAX(source NOT IN ('transcript', 'coordinator'))
            FROM rollup JOIN label_set ON label_set.id = rollup.label_set
            WHERE session IS NOT NULL AND source IS NOT NULL AND source <> 'hold' AND calls <> 0 GROUP BY session;
        INSERT INTO session (session, labels, witnesses) SELECT session, labels, 0 FROM session_labels WHERE true
            ON CONFLICT DO UPDATE SET labels = excluded.labels;
        DROP TABLE session_labels;
        CREATE TABLE source (
            kind TEXT PRIMARY KEY, records INTEGER NOT NULL, united INTEGER NOT NULL, rejected INTEGER NOT NULL,
            last_record INTEGER
        ) STRICT, WITHOUT ROWID;
        INSERT INTO source
            SELECT source, SUM(calls), 0, 0, MAX(bucket) FROM rollup JOIN label_set ON label_set.id = rollup.label_set
            WHERE source IS NOT NULL AND source <> 'hold' AND calls <> 0 GROUP BY source;
        CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
        CREATE INDEX rollup_shadowed ON rollup (shadowed) WHERE shadowed <> 0;
        """

    /// Where records are found by the hashes of their keys: a table that follows the records, see `RecentKeys`. How far it
    /// has come is a setting.
    private static let keys = """
        DROP INDEX record_key;
        CREATE TABLE record_key (
            hash INTEGER NOT NULL, sequence INTEGER NOT NULL, PRIMARY KEY (hash, sequence)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO record_key SELECT key_hash, sequence FROM record ORDER BY key_hash, sequence;
        INSERT INTO setting
            SELECT 'record_key', CAST(MAX(sequence) AS TEXT) FROM record HAVING MAX(sequence) IS NOT NULL;
        """
}
