import GovernorCore

/// A policy run the plain way: every minute ticked at, nothing left out. What `Simulation` must come to as well.
struct Ticked {
    private(set) var book: Book
    private(set) var now: Timestamp
    private(set) var alerts: [Told] = []
    private let prices: PriceBook

    /// What happened to an alert, and when.
    struct Told: Hashable {
        var time: Timestamp
        var id: String
        var name: String
        var state: Alert.State
    }

    init(_ policy: Policy, _ prices: PriceBook, start: Timestamp) {
        book = Book(policy: policy, now: start)
        now = start
        self.prices = prices
    }

    mutating func take(_ records: [UsageRecord], at time: Timestamp) {
        pass(to: time)
        var planner = Planner(book: book, now: now)
        planner.add(records.map { .insert($0.arriving(at: now, LabelResolver(), prices)) })
        planner.evaluateTouched()
        apply(planner.finish())
    }

    mutating func advance(to time: Timestamp) {
        pass(to: time)
        if book.lookedAt != now { tick() }
    }

    private mutating func pass(to time: Timestamp) {
        let minute: Int64 = 60_000
        let from = max(now, book.lookedAt + Span(milliseconds: 1)).milliseconds
        var next = (from + minute - 1) / minute * minute
        while next <= time.milliseconds {
            now = Timestamp(milliseconds: next)
            tick()
            next += minute
        }
        now = max(time, now)
    }

    private mutating func tick() {
        var planner = Planner(book: book, now: now)
        planner.evaluateAll()
        apply(planner.finish())
    }

    private mutating func apply(_ plan: Plan) {
        book.apply(plan)
        alerts += plan.alerts.map { Told(time: plan.now, id: $0.id, name: $0.name, state: $0.state) }
    }

    func decide(_ labels: Labels) -> Decision {
        book.decide(labels, mentioning: Mentions(prices: prices), now: now)
    }

    /// Who is refused by which item, asked of the decisions one by one.
    var refusing: Set<String> {
        Set(
            RandomTraffic.everybody.flatMap { labels in
                decide(labels).reasons.filter { $0.kind == .pause }.map { "\($0.item) \($0.split.raw)" }
            })
    }
}

extension Simulation {
    var refusing: Set<String> { Set(paused.map { "\($0.item) \($0.split.raw)" }) }
}

extension Event {
    /// What it says of an alert; nil of a pause.
    var told: Ticked.Told? {
        switch kind {
        case .fired(let alert): Ticked.Told(time: time, id: alert.id, name: alert.name, state: .firing)
        case .resolved(let alert): Ticked.Told(time: time, id: alert.id, name: alert.name, state: .resolved)
        case .paused, .resumed: nil
        }
    }
}
