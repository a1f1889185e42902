import GovernorCore
import Seeds
import Testing

@Suite struct DecisionTests {
    private static let midnight = instant("2026-03-03T00:00:00Z")

    private static func budget(
        _ name: String, _ limit: Limit = .usd(.dollars(10)), per: [LabelKey] = [], window: Window = .calendar(.day),
        match: Matcher = .all, mode: Mode = .enforce, at thresholds: [Threshold]
    ) -> Budget {
        Budget(name: name, limit: limit, per: per, window: window, matcher: match, thresholds: thresholds, mode: mode)
    }

    private static func threshold(
        _ percent: Int64, _ pause: Pause? = .untilReset, stop: Bool = false, throttle: Throttle? = nil
    ) -> Threshold {
        Threshold(ratio: .percent(percent), throttle: throttle, pause: pause, stop: stop)
    }

    private static func book(_ budgets: [Budget], mode: Mode = .enforce, spent: String = "0", labels: Labels = Labels())
        -> Book
    {
        var book = Book(policy: Policy(revision: "r", mode: mode, budgets: budgets), now: monday)
        book.commit([spend(usd(spent), labels)], at: monday)
        return book
    }

    @Test(arguments: Seed.some(60)) func `work pauses exactly when spend reaches the limit, at every step of a day`(
        seed: Seed
    ) {
        var random = SeededGenerator(seed)
        let percent = random.pick([50, 90, 100, 120] as [Int64])
        let limit = Money(nanodollars: random.number(1...20_000_000_000))
        let mode = random.pick([Mode.enforce, .enforce, .observe])
        let budget = Self.budget("b", .usd(limit), per: [.label(.worker)], mode: mode, at: [Self.threshold(percent)])
        var book = Book(policy: Policy(revision: "r", budgets: [budget]), now: monday)
        var spent: [String: Int64] = [:]
        var now = monday
        for step in 0..<40 {
            let worker = random.pick(["w-1", "w-2"])
            let amount = random.number(0...limit.nanodollars / 5)
            spent[worker, default: 0] += amount
            book.commit([spend(Money(nanodollars: amount), Labels([.worker: worker]), at: now, id: "\(step)")], at: now)
            for name in ["w-1", "w-2", "w-3"] {
                let mine = spent[name] ?? 0
                let isFull = Int128(mine) * 100 >= Int128(limit.nanodollars) * Int128(percent)
                let decision = book.decide(Labels([.worker: name]), now: now)
                let isPaused = isFull && mode == .enforce
                #expect(decision.kind == (isPaused ? .pause : .allow))
                #expect(decision.would == (isFull && mode == .observe ? .pause : nil))
                #expect(decision.resumeAt == (isPaused ? Self.midnight : nil))
                #expect(decision.remaining == max(.zero, limit - Money(nanodollars: mine)))
                #expect(decision.reasons.map(\.split.raw) == (isPaused ? [name] : []))
                // What does not fit under the pausing share is refused before it starts.
                let estimate = random.number(0...limit.nanodollars)
                let isTooMuch = Int128(mine + estimate) * 100 > Int128(limit.nanodollars) * Int128(percent)
                let asked = book.decide(Labels([.worker: name]), estimate: Money(nanodollars: estimate), now: now)
                #expect((asked.kind == .pause) == ((isFull || isTooMuch) && mode == .enforce))
                #expect((asked.would == .pause) == ((isFull || isTooMuch) && mode == .observe))
            }
            now = now + Span(milliseconds: random.number(0...60_000))
        }
        for name in ["w-1", "w-2"] {
            #expect(
                book.decide(Labels([.worker: name]), now: Self.midnight - Span(milliseconds: 1)).remaining != limit
                    || spent[name, default: 0] == 0)
            #expect(
                book.decide(Labels([.worker: name]), now: Self.midnight).kind == .allow,
                "a window that ended needs no reset")
            #expect(book.decide(Labels([.worker: name]), now: Self.midnight).remaining == limit)
        }
    }

    @Test func `what fits exactly may start, and a nano-dollar more may not`() {
        let book = Self.book([Self.budget("b", at: [Self.threshold(100)])], spent: "9.25")
        #expect(book.decide(Labels(), estimate: usd("0.75"), now: monday).kind == .allow)
        let refused = book.decide(Labels(), estimate: usd("0.750000001"), now: monday)
        #expect(refused.kind == .pause && refused.resumeAt == Self.midnight)
        #expect(
            refused.reasons.first?.text
                == "b: the fleet has spent $9.25 of $10.00 today, so $0.75 more does not fit; work may go on at midnight"
        )
        #expect(
            Self.book([Self.budget("b", .init(unit: .calls, value: 9), at: [Self.threshold(100)])]).decide(
                Labels(), estimate: .max, now: monday
            ).kind == .allow)
    }

    @Test func `a budget that stops starts no work beyond it, and stops only by money spent`() {
        let stops = Self.budget("life", window: .lifetime, at: [Self.threshold(100, nil, stop: true)])
        let almost = Self.book([stops], spent: "9").decide(Labels(), estimate: usd("2"), now: monday)
        #expect(almost.kind == .pause && !almost.stop && almost.resumeAt == nil)
        let full = Self.book([stops], spent: "10").decide(Labels(), estimate: usd("2"), now: monday)
        #expect(full.kind == .pause && full.stop && full.resumeAt == nil)
        #expect(full.reasons.first?.text == "life: the fleet has spent $10.00 of $10.00 in all; running work must stop")
        // A higher pause that lacks room must not hide that running work is to end.
        let both = Self.budget("b", at: [Self.threshold(100, nil, stop: true), Self.threshold(150)])
        let text = Self.book([both], spent: "11").decide(Labels(), estimate: usd("8"), now: monday).reasons.first?.text
        #expect(
            text == "b: the fleet has spent $11.00 of $10.00 today; running work must stop; work may go on at midnight")
    }

    @Test func `holds count for admission and in what is left, not for stopping`() {
        var account = Account()
        account.add(
            Amount(cost: usd("6"), tokens: 0, calls: 1), to: Window.calendar(.day).slot(containing: monday, in: .utc))
        let budget = Self.budget(
            "b",
            at: [
                Self.threshold(60, nil, throttle: Throttle(maxWorkers: 2)), Self.threshold(70, nil, stop: true),
                Self.threshold(100),
            ])
        let book = Book(
            policy: Policy(revision: "r", budgets: [budget]), limits: [Book.InForce(limit: budget.limit, revision: 0)],
            accounts: [[.fleet: account]],
            outbox: [:],
            admission: Admission(
                holds: Holds([
                    Reservation(
                        id: 1, key: "k", fingerprint: 0, labels: Labels(),
                        size: Amount(cost: usd("4"), tokens: 0, calls: 0), createdAt: monday,
                        expiresAt: monday + .hours(1))
                ])), now: monday)
        let decision = book.decide(Labels(), now: monday)
        #expect(decision.kind == .pause && !decision.stop && decision.remaining == .zero && decision.maxWorkers == 2)
        #expect(decision.reasons.first?.share?.held == 4_000_000_000)
        #expect(decision.resumeAt == nil && decision.askAgainAfter == .seconds(5), "a hold may end at any moment")
        // What runs already was admitted: only what is spent holds it back.
        let running = book.decide(Labels(), .running, now: monday)
        #expect(running.kind == .throttle && running.maxWorkers == 2)
    }

    @Test func `the strictest wins, throttles join, and what is left is the least`() {
        let opus = Matcher(terms: [Matcher.Term(key: .label(.model), globs: [Glob("claude-opus-*")])])
        let budgets = [
            Self.budget(
                "slow", .usd(.dollars(20)),
                at: [
                    Self.threshold(10, nil, throttle: Throttle(maxWorkers: 4)),
                    Self.threshold(20, nil, throttle: Throttle(delay: .seconds(60))),
                ]),
            Self.budget(
                "few", .usd(.dollars(16)),
                at: [Self.threshold(10, nil, throttle: Throttle(maxWorkers: 3, delay: .seconds(5)))]),
            Self.budget("calls", Limit(unit: .calls, value: 1), at: []),
            Self.budget("day", .usd(.dollars(9)), match: opus, at: [Self.threshold(50)]),
            Self.budget("week", .usd(.dollars(12)), window: .calendar(.week), match: opus, at: [Self.threshold(50)]),
            Self.budget(
                "life", .usd(.dollars(18)), window: .lifetime, match: opus, at: [Self.threshold(90, nil, stop: true)]),
        ]
        var book = Self.book(budgets, spent: "8", labels: Labels([.model: "claude-opus-5"]))
        let other = book.decide(Labels([.model: "claude-haiku-4-5"]), now: monday)
        #expect(other.kind == .throttle && other.maxWorkers == 3 && other.delay == .seconds(60))
        #expect(
            other.remaining == .dollars(8) && other.resumeAt == nil && other.reasons.map(\.item) == ["slow", "few"])

        let opusNow = book.decide(Labels([.model: "claude-opus-5"]), now: monday)
        #expect(opusNow.kind == .pause && !opusNow.stop && opusNow.remaining == .dollars(1))
        #expect(opusNow.resumeAt == instant("2026-03-09T00:00:00Z"), "when all that holds it back is over")
        #expect(opusNow.reasons.map(\.item) == ["day", "week", "slow", "few"], "what pauses is named first")

        book.commit([spend(usd("9"), Labels([.model: "claude-opus-5"]), id: "more")], at: monday)
        let stopped = book.decide(Labels([.model: "claude-opus-5"]), now: monday)
        #expect(stopped.kind == .pause && stopped.stop && stopped.remaining == .zero)
        #expect(stopped.resumeAt == nil, "a lifetime never starts anew, so nobody can say")
    }

    @Test(arguments: [(Mode.observe, Mode.enforce), (.enforce, .observe), (.observe, .observe)])
    func `observing never blocks and says what it would have done`(budget: Mode, policy: Mode) {
        let budgets = [
            Self.budget(
                "b", mode: budget,
                at: [
                    Self.threshold(50, nil, throttle: Throttle(maxWorkers: 1)),
                    Self.threshold(100, .untilReset, stop: true),
                ])
        ]
        let throttled = Self.book(budgets, mode: policy, spent: "5").decide(Labels(), now: monday)
        #expect(
            throttled.kind == .allow && throttled.would == .throttle && throttled.maxWorkers == nil
                && throttled.reasons.isEmpty)
        let paused = Self.book(budgets, mode: policy, spent: "10").decide(Labels(), now: monday)
        #expect(paused.kind == .allow && paused.would == .pause && !paused.stop && paused.resumeAt == nil)
        #expect(Self.book(budgets, mode: policy, spent: "1").decide(Labels(), now: monday).would == nil)
    }

    @Test func `a label that is missing is a caveat, not a guess`() {
        let opus = Matcher(terms: [Matcher.Term(key: .label(.model), globs: [Glob("claude-opus-*")])])
        let budgets = [
            Self.budget("opus", match: opus, at: [Self.threshold(0)]),
            Self.budget("each", per: [.label(.worker), .tag("lane")], at: [Self.threshold(0)]),
            Self.budget("both", per: [.label(.worker)], match: opus, at: [Self.threshold(0)]),
        ]
        let book = Self.book(budgets)
        let unnamed = book.decide(Labels(), mentioning: Mentions(stale: ["transcript"]), now: monday)
        #expect(unnamed.kind == .allow && unnamed.remaining == nil && unnamed.stale == ["transcript"])
        #expect(
            unnamed.caveats == [
                "opus matches on model, which the request does not name",
                "each is per worker and tags.lane, which the request does not name",
                "both matches on model, which the request does not name",
            ])
        #expect(
            book.decide(Labels([.worker: "w", .model: "gpt-5"]), now: monday).caveats == [
                "each is per tags.lane, which the request does not name"
            ])
    }

    @Test func `a pause for a while ends, and the same crossing has no second one`() {
        let budget = Self.budget("b", at: [Self.threshold(80, .lasting(.minutes(15))), Self.threshold(100)])
        var book = Self.book([budget])
        let first = spend(usd("8"), id: "a")
        #expect(book.commit([.insert(first)], at: monday).fired.count == 1)
        #expect(book.decide(Labels(), now: monday).resumeAt == monday + .minutes(15))
        #expect(book.decide(Labels(), now: monday + .minutes(15) - Span(milliseconds: 1)).kind == .pause)
        #expect(book.decide(Labels(), now: monday + .minutes(15)).kind == .allow)
        // Corrected down and up again: no alert fires twice, and nothing pauses without end.
        let less = spend(usd("1"), id: "a")
        book.commit([.revise(StoredRecord(sequence: 1, record: first), to: less)], at: monday + .minutes(20))
        #expect(book.commit([spend(usd("8"), id: "b")], at: monday + .minutes(30)).fired.isEmpty)
        #expect(book.decide(Labels(), now: monday + .minutes(30)).kind == .allow)
        book.commit([spend(usd("1"), id: "c")], at: monday + .minutes(31))
        #expect(book.decide(Labels(), now: monday + .minutes(31)).resumeAt == Self.midnight)
    }

    @Test func `spend that is there before its alert pauses too`() {
        var account = Account()
        account.add(
            Amount(cost: usd("9"), tokens: 0, calls: 1), to: Window.calendar(.day).slot(containing: monday, in: .utc))
        let budget = Self.budget("b", at: [Self.threshold(80, .lasting(.minutes(15)))])
        let book = Book(
            policy: Policy(revision: "r", budgets: [budget]), limits: [Book.InForce(limit: budget.limit, revision: 0)],
            accounts: [[.fleet: account]],
            outbox: [:], now: monday)
        #expect(book.decide(Labels(), now: monday).resumeAt == monday + .minutes(15))
    }

    @Test func `amounts beyond all bounds saturate instead of stopping the daemon`() {
        var book = Self.book([Self.budget("b", at: [Self.threshold(100)])])
        book.commit([spend(.max, id: "a", tokens: .max), spend(.max, id: "b", tokens: .max)], at: monday)
        let decision = book.decide(Labels(), estimate: .max, now: monday)
        #expect(decision.kind == .pause && decision.remaining == .zero)
        book.commit(
            [.remove(StoredRecord(sequence: 1, record: spend(Money(nanodollars: .min), tokens: .min)))], at: monday)
        #expect(book.decide(Labels(), estimate: Money(nanodollars: .min), now: monday).revision == "r")
        for time in [Timestamp.distantPast, .distantFuture] {
            book.commit([spend(usd("1"), at: time, id: "c")], at: monday)
            _ = book.decide(Labels(), now: time)
        }
    }
}
