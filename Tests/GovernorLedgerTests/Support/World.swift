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
    /// The last event that watchers were told.
    private var told: Int64 = 0

    init(_ seed: Seed) throws {
        random = SeededGenerator(seed)
        folder = try DataFolder()
        ledger = try Ledger(folder: folder.path)
        book = try ledger.book(for: random.adjusted(random.policy(), around: now), now: now)
    }

    var picture: BookPicture { BookPicture(book, now: now) }

    /// One thing happens, and time goes on.
    mutating func step() throws {
        switch random.number(0..<18) {
        case 0, 1: try tick()
        case 2: try deliver()
        case 3: try resume()
        case 4...7: try hold()
        case 8: try pause()
        case 9: try attend()
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
        // A hold's own record is nobody's to correct.
        var old = records.keys.filter { !$0.hasPrefix("hold/") }.sorted()
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

    /// Somebody asks for a hold, or something of one.
    private mutating func hold() throws {
        let estimate = random.once(in: 3) ? nil : Money(nanodollars: random.number(0...400) * 10_000_000)
        let key = "k-\(random.number(0..<30))"
        let request: HoldRequest =
            switch random.number(0..<6) {
            case 0...2:
                .reserve(
                    .init(
                        key: key, labels: random.labels(), estimate: estimate,
                        ttl: .seconds(random.number(1...40_000))))
            case 3: .extend(.key(key), ttl: nil, estimate: estimate)
            case 4: .settle(.key(key), cost: estimate)
            default: .release(.key(key))
            }
        try note(ledger.carryOut(request, on: &book, at: now).plan)
    }

    private mutating func pause() throws {
        var planner = Planner(book: book, now: now)
        let until: Timestamp? = random.once(in: 2) ? nil : now + .minutes(random.number(1...90))
        planner.pause(
            OperatorPause(labels: random.labels(), reason: "a test", by: "ada", since: now, until: until))
        try note(ledger.commit(planner.finish(), on: &book))
    }

    private mutating func deliver() throws {
        guard let notification = book.outbox.values.min(by: { $0.id < $1.id }) else { return }
        let failure = DeliveryFailure(random.pick([.http4xx, .gone, .timeout]), "it said \"no\"")
        let outcome: DeliveryOutcome = random.pick([
            .delivered, .refused(failure), .failed(failure, retryAfter: .minutes(2)),
        ])
        let lost = random.once(in: 4) ? ["bob@example.com": failure] : [:]
        let result = DeliveryResult(outcome, settled: ["ada@example.com"], lost: lost)
        var planner = Planner(book: book, now: now)
        planner.add(Delivery(notification: notification.id, result: result, at: now, jitter: 0.3))
        try note(ledger.commit(planner.finish(), on: &book))
    }

    /// An operator looks after alerts: acknowledges one, mutes some, ends a silence, tries messages again.
    private mutating func attend() throws {
        var planner = Planner(book: book, now: now)
        switch random.number(0..<4) {
        case 0:
            guard let alert = book.firing.min(by: { $0.id < $1.id }) else { return }
            #expect(planner.acknowledge(alert.id, by: "ada") != nil)
        case 1:
            let interval = Interval(start: now, end: now + .minutes(random.number(1...90)))
            let worker = Matcher.Term(key: .label(.worker), globs: [Glob("w-*")])
            let silence = Silence(
                items: random.once(in: 2) ? [Glob("*")] : [],
                matcher: random.once(in: 2) ? .all : Matcher(terms: [worker]), interval: interval,
                reason: "a \"test\"", by: random.once(in: 2) ? "ada" : nil)
            planner.silence(OperatorSilence(silence))
        case 2:
            if let id = book.messaging.silences.keys.min() { _ = planner.expireSilence(id) }
        default: planner.retry(try ledger.deadNotifications(id: nil, receiver: nil))
        }
        try note(ledger.commit(planner.finish(), on: &book))
    }

    private mutating func resume() throws {
        var planner = Planner(book: book, now: now)
        _ = planner.resume(Labels())
        _ = planner.endPauses(of: Labels())
        try note(ledger.commit(planner.finish(), on: &book))
    }

    /// Invariant 5: whatever happened in between, an alert fires once and resolves at most once.
    private mutating func note(_ plan: Plan) {
        for change in plan.changes {
            switch change {
            case .insert(let record), .revise(_, let record):
                if record.labels.source == Reservation.source { records[record.identity.key] = record }
            case .remove(let stored):
                if stored.record.labels.source == Reservation.source { records[stored.record.identity.key] = nil }
            }
        }
        // Watchers are told everything once, in order.
        for event in plan.events {
            #expect(event.sequence == told + 1)
            told = event.sequence
        }
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
