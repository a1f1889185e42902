import GovernorCore
import GovernorLedger
import Seeds
import Testing

/// A ledger that lives through a random stream of calls, corrections, removals, ticks and deliveries, as the daemon
/// carries them out, beside a plain model of what it should hold.
struct World {
    var random: SeededGenerator
    let folder: DataFolder
    var ledger: Ledger
    var book: Book
    var now = monday
    /// Every record that counts, by key.
    var records: [String: UsageRecord] = [:]
    private var made = 0
    private var fired: Set<String> = []
    /// Those that fired while a silence muted them, and may be told of once it is over.
    private var muted: Set<String> = []
    private var resolved: Set<String> = []

    init(_ seed: Seed) throws {
        random = SeededGenerator(seed)
        folder = try DataFolder()
        ledger = try Ledger(folder: folder.path)
        book = try ledger.book(for: random.adjusted(random.policy(), around: now), now: now)
    }

    var picture: BookPicture { BookPicture(book, now: now) }

    /// One thing happens, and time goes on.
    mutating func step() throws {
        switch random.number(0..<12) {
        case 0, 1: try tick()
        case 2: try deliver()
        case 3: try resume()
        default: try note(ledger.carryOut(try changes(), on: &book, at: now))
        }
        now =
            now
            + (random.once(in: 12) ? .hours(random.number(1...50)) : Span(milliseconds: random.number(0...900_000)))
    }

    /// Everything is looked at.
    mutating func tick() throws { try note(ledger.tick(&book, at: now)) }

    /// The process ends and starts again, under the same policy or another.
    mutating func restart(_ policy: Policy? = nil) throws {
        try ledger.close()
        ledger = try Ledger(folder: folder.path)
        book = try ledger.book(for: policy ?? book.policy, now: now)
    }

    private mutating func changes() throws -> [RecordChange] {
        var changes: [RecordChange] = []
        var old = records.keys.sorted()
        for _ in 0..<random.number(1..<12) {
            if !old.isEmpty, random.once(in: 3) {
                let key = old.remove(at: random.number(0..<old.count))
                let stored = try #require(try ledger.stored(key))
                if random.once(in: 2) {
                    records[key] = nil
                    changes.append(.remove(stored))
                } else {
                    var record = random.record(key: key, near: now)
                    if random.once(in: 2) { record.labels = stored.record.labels }
                    if random.once(in: 2) { record.time = stored.record.time }
                    records[key] = record
                    changes.append(.revise(stored, to: record))
                }
            } else {
                made += 1
                let record = random.record(key: "transcript/msg_\(made)", near: now)
                records[record.identity.key] = record
                changes.append(.insert(record))
            }
        }
        return changes
    }

    private mutating func deliver() throws {
        guard var notification = book.outbox.values.min(by: { $0.id < $1.id }) else { return }
        notification.attempts += 1
        notification.state = random.pick([.pending, .sent, .dead])
        notification.nextAt = now + .minutes(2)
        notification.lastError = notification.state == .sent ? nil : "it said \"no\""
        var planner = Planner(book: book, now: now)
        planner.add(notification)
        try note(ledger.commit(planner.finish(), on: &book))
    }

    private mutating func resume() throws {
        var planner = Planner(book: book, now: now)
        _ = planner.resume(Labels())
        try note(ledger.commit(planner.finish(), on: &book))
    }

    /// Invariant 5: whatever happened in between, an alert fires once and resolves at most once.
    private mutating func note(_ plan: Plan) {
        for alert in plan.alerts {
            switch alert.state {
            case .firing:
                let isNew = fired.insert(alert.id).inserted
                #expect(isNew || muted.contains(alert.id) && !alert.silenced, "\(alert.name) fired twice")
                if alert.silenced { muted.insert(alert.id) } else { muted.remove(alert.id) }
            case .resolved: #expect(resolved.insert(alert.id).inserted, "\(alert.name) resolved twice")
            }
        }
    }
}
