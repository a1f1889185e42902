import GovernorCore
import GovernorLedger
import Testing

/// A ledger that the first release wrote.
@Suite struct UpgradeTests {
    /// When it was closed.
    private static let closed = Timestamp(milliseconds: 1_795_261_651_000)

    /// What it was written under.
    private static let policy = Policy(
        revision: "test",
        budgets: [
            budget("day", 10, window: .lifetime, at: [50, 100]),
            budget("worker-week", 4, window: .lifetime, at: [80], per: [.label(.worker)]),
            budget("gone", 100, window: .rolling(.hours(1)), at: [5]),
        ], receivers: [Receiver(name: "ops", kind: .log)])

    private static let fired: Set<String> = [
        "al_e0596b6a2845b4ee day@50%", "al_44a3d8d2e09046ae day@100%", "al_d9b748765ed25648 worker-week@80%",
        "al_ebf3fb2a35ebc0f6 gone@5%",
    ]

    private func opened() throws -> (folder: DataFolder, ledger: Ledger) {
        let folder = try DataFolder()
        try execute(Self.firstRelease, in: folder.file(DiskImage.database))
        return (folder, try Ledger(folder: folder.path))
    }

    @Test func `keeps its alerts under their ids, its revisions and its spend`() throws {
        let (folder, ledger) = try opened()
        var book = try ledger.book(for: Self.policy, now: Self.closed)
        #expect(book.limits.map(\.revision) == [0, 0, 0])
        #expect(Set(book.firing.map { "\($0.id) \($0.name)" }) == Self.fired)
        let spent = [(0, ""), (1, "w-1"), (1, "w-2"), (2, "")].map { meter, split in
            book.standing(of: AccountKey(meter: meter, split: Split(raw: split)), now: Self.closed).spent
        }
        #expect(spent == [10_500_000_000, 3_000_000_000, 7_500_000_000, 7_500_000_000])
        #expect(try ledger.tick(&book, at: Self.closed).alerts.isEmpty)
        #expect(try ledger.notifications(limit: 9).map(\.items.count) == [1, 1, 1])
        let alerts = try ledger.alerts(limit: 9)
        #expect(alerts.allSatisfy { $0.kind == .threshold && !$0.silenced && $0.text.isEmpty })
        #expect(alerts.first { $0.name == "day@100%" }?.spent == 10_500_000_000)
        try ledger.close()
        let again = try Ledger(folder: folder.path)
        book = try again.book(for: Self.policy, now: Self.closed)
        #expect(book.limits.map(\.revision) == [0, 0, 0])
        try again.close()
        #expect(try integrity(of: folder.file(DiskImage.database)) == "ok")
    }

    @Test func `finds its records by their keys, beside new ones, and at the next start`() throws {
        var (folder, ledger) = try opened()
        #expect(try ["push/a", "push/b", "push/c"].map { try ledger.stored($0)?.sequence } == [1, 2, 3])
        try ledger.store([spend(1, id: "d")])
        try ledger.close()
        ledger = try Ledger(folder: folder.path)
        #expect(try ["push/a", "push/b", "push/c", "push/d"].map { try ledger.stored($0)?.sequence } == [1, 2, 3, 4])
        try ledger.close()
    }

    @Test func `takes an edited policy as an edit`() throws {
        let (_, ledger) = try opened()
        var policy = Self.policy
        policy.budgets[0].limit = .usd(.dollars(12))
        policy.budgets.removeLast()
        var book = try ledger.book(for: policy, now: Self.closed)
        #expect(book.limits.map(\.revision) == [1, 0])
        let plan = try ledger.tick(&book, at: Self.closed)
        #expect(Set(plan.resolved.map(\.name)) == ["day@50%", "day@100%", "gone@5%"])
        #expect(plan.fired.map(\.name) == ["day@50%"])
    }

    /// Three records under the policy above, and what came of them.
    private static let firstRelease = """
        BEGIN TRANSACTION;
        CREATE TABLE account (
            fingerprint TEXT NOT NULL, split TEXT NOT NULL, slot_start INTEGER NOT NULL,
            slot_end INTEGER NOT NULL,
            cost INTEGER NOT NULL, tokens INTEGER NOT NULL, calls INTEGER NOT NULL,
            PRIMARY KEY (fingerprint, split, slot_start)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO "account" VALUES('197421e44ce566e2','',-9223372036854775808,9223372036854775807,10500000000,
            116,3);
        INSERT INTO "account" VALUES('67522a2ae1d36b0b','w-1',-9223372036854775808,9223372036854775807,
            3000000000,100,1);
        INSERT INTO "account" VALUES('67522a2ae1d36b0b','w-2',-9223372036854775808,9223372036854775807,
            7500000000,16,2);
        INSERT INTO "account" VALUES('ccbc14e36637cfbf','',1772438400000,1772438412000,3000000000,100,1);
        INSERT INTO "account" VALUES('ccbc14e36637cfbf','',1795261644000,1795261656000,7500000000,16,2);
        CREATE TABLE alert (
            id TEXT PRIMARY KEY, budget TEXT NOT NULL, per TEXT NOT NULL, split TEXT NOT NULL,
            window_start INTEGER NOT NULL, window_end INTEGER NOT NULL, ratio INTEGER NOT NULL,
            limit_revision INTEGER NOT NULL, state TEXT NOT NULL, severity TEXT NOT NULL,
            fired_at INTEGER NOT NULL, resolved_at INTEGER, ended_by TEXT, spent INTEGER NOT NULL,
            limit_unit TEXT NOT NULL, limit_value INTEGER NOT NULL, action TEXT NOT NULL, notified TEXT NOT NULL
        ) STRICT;
        INSERT INTO "alert" VALUES('al_e0596b6a2845b4ee','day','[]','',-9223372036854775808,9223372036854775807,
            500000,0,'firing','info',1795261644338,NULL,NULL,6500000000,'usd',10000000000,
            'nothing yet; this is a warning','["ops"]');
        INSERT INTO "alert" VALUES('al_d9b748765ed25648','worker-week','["worker"]','w-2',-9223372036854775808,
            9223372036854775807,800000,0,'firing','warning',1795261644338,NULL,NULL,3500000000,'usd',4000000000,
            'nothing yet; this is a warning','["ops"]');
        INSERT INTO "alert" VALUES('al_44a3d8d2e09046ae','day','[]','',-9223372036854775808,9223372036854775807,
            1000000,0,'firing','critical',1795261645840,NULL,NULL,10500000000,'usd',10000000000,
            'paused the fleet for 15m, until 13:02','["ops"]');
        INSERT INTO "alert" VALUES('al_ebf3fb2a35ebc0f6','gone','[]','',1795261644000,9223372036854775807,50000,
            0,'firing','info',1795261645840,NULL,NULL,7500000000,'usd',100000000000,
            'nothing yet; this is a warning','["ops"]');
        CREATE TABLE budget (
            name TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, limit_unit TEXT NOT NULL, limit_value INTEGER,
            limit_revision INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        INSERT INTO "budget" VALUES('day','197421e44ce566e2','usd',10000000000,0);
        INSERT INTO "budget" VALUES('gone','ccbc14e36637cfbf','usd',100000000000,0);
        INSERT INTO "budget" VALUES('worker-week','67522a2ae1d36b0b','usd',4000000000,0);
        CREATE TABLE cursor (
            path TEXT PRIMARY KEY, device TEXT NOT NULL, inode TEXT NOT NULL, birth INTEGER NOT NULL,
            head_length INTEGER NOT NULL, head_hash TEXT NOT NULL, offset INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE file (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE) STRICT;
        CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
        INSERT INTO "grdb_migrations" VALUES('records');
        INSERT INTO "grdb_migrations" VALUES('accounts');
        INSERT INTO "grdb_migrations" VALUES('alerts');
        INSERT INTO "grdb_migrations" VALUES('sources');
        CREATE TABLE label_set (
            id INTEGER PRIMARY KEY, hash INTEGER NOT NULL,
            worker TEXT, session TEXT, task TEXT, project TEXT, user TEXT, team TEXT,
            provider TEXT, model TEXT, source TEXT, tags TEXT
        ) STRICT;
        INSERT INTO "label_set" VALUES(1,3613790761269892685,'w-1','s-1',NULL,NULL,NULL,NULL,'anthropic',
            'claude-opus-5','push',NULL);
        INSERT INTO "label_set" VALUES(2,-6182144116335353779,'w-2','s-2',NULL,NULL,NULL,NULL,'anthropic',
            'claude-opus-5','push',NULL);
        CREATE TABLE notification (
            id TEXT PRIMARY KEY, receiver TEXT NOT NULL, item_group TEXT NOT NULL, items TEXT NOT NULL,
            created_at INTEGER NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL,
            next_at INTEGER NOT NULL,
            last_error TEXT
        ) STRICT;
        INSERT INTO "notification" VALUES('nt_6950d0a1e0ec381a','ops','worker-week',
            '[{"alert":"al_d9b748765ed25648","event":"firing"}]',1795261644338,'sent',1,1795261649338,NULL);
        INSERT INTO "notification" VALUES('nt_8efea9685fc3ba61','ops','day',
            '[{"alert":"al_44a3d8d2e09046ae","event":"firing"}]',1795261644338,'sent',1,1795261649338,NULL);
        INSERT INTO "notification" VALUES('nt_d66da79c5b76428b','ops','gone',
            '[{"alert":"al_ebf3fb2a35ebc0f6","event":"firing"}]',1795261645840,'sent',1,1795261650840,NULL);
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
        INSERT INTO "record" VALUES(1,-2149090081767596523,'push/a',NULL,4,1772438400000,1,100,0,0,0,0,0,0,0,0,
            3000000000,3000000000,0,NULL,NULL,0,NULL,NULL,NULL);
        INSERT INTO "record" VALUES(2,-2149093380302481156,'push/b',NULL,4,1795261644338,2,0,7,0,0,0,0,0,0,0,
            3500000000,3500000000,0,NULL,NULL,0,NULL,NULL,NULL);
        INSERT INTO "record" VALUES(3,-2149092280790852945,'push/c',NULL,4,1795261645840,2,0,9,0,0,0,0,0,0,0,
            4000000000,4000000000,0,NULL,NULL,0,NULL,NULL,NULL);
        CREATE TABLE rollup (
            bucket INTEGER NOT NULL, label_set INTEGER NOT NULL,
            calls INTEGER NOT NULL, success INTEGER NOT NULL, unpriced INTEGER NOT NULL, cost INTEGER NOT NULL,
            input INTEGER NOT NULL, output INTEGER NOT NULL, cache_read INTEGER NOT NULL,
            cache_write_5m INTEGER NOT NULL, cache_write_1h INTEGER NOT NULL, cache_write_12h INTEGER NOT NULL,
            reasoning INTEGER NOT NULL,
            PRIMARY KEY (bucket, label_set)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO "rollup" VALUES(1772438400000,1,1,1,0,3000000000,100,0,0,0,0,0,0);
        INSERT INTO "rollup" VALUES(1795261500000,2,2,2,0,7500000000,0,16,0,0,0,0,0);
        CREATE TABLE session_labels (session TEXT PRIMARY KEY, labels TEXT NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE snapshot (at INTEGER PRIMARY KEY, body TEXT NOT NULL, pushed INTEGER NOT NULL) STRICT;
        CREATE INDEX label_set_hash ON label_set (hash);
        CREATE INDEX label_set_session ON label_set (session);
        CREATE INDEX record_key ON record (key_hash);
        CREATE INDEX record_time ON record (time);
        CREATE INDEX record_label_set ON record (label_set);
        CREATE INDEX alert_state ON alert (state, window_end);
        CREATE INDEX notification_state ON notification (state);
        COMMIT;
        """
}
