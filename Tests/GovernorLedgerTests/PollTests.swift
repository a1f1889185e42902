import GovernorCore
import GovernorLedger
import Seeds
import Testing

/// Every poll is kept, what a provider says replaces what it said, and our side is summed by the day in UTC.
@Suite struct PollTests {
    private static let day = CivilDate(year: 2026, month: 3, day: 2)
    private static let tokens = TokenCounts(
        input: 1, output: 2, cacheRead: 3, cacheWrite5m: 4, cacheWrite1h: 5, cacheWrite12h: 6, reasoning: 7)

    private static func row(
        _ model: String, on day: CivilDate = day, cost: Int64? = 3, tokens: TokenCounts? = tokens
    ) -> ProviderReport {
        ProviderReport(
            provider: .anthropic, kind: .usage, day: day, model: model, tokens: tokens, splitsWrites: false, calls: 4,
            cost: cost.map { .dollars($0) })
    }

    private static func batch(_ rows: [ProviderReport], days: [CivilDate] = [day]) -> ReportBatch {
        ReportBatch(provider: .anthropic, kind: .usage, days: days, rows: rows, askedAt: monday)
    }

    @discardableResult
    private static func poll(
        _ ledger: Ledger, _ batches: [ReportBatch], at now: Timestamp = monday, error: String? = nil
    ) throws -> ProviderPoll {
        let id = try ledger.begin(.anthropic, at: now)
        let poll = ProviderPoll(
            provider: .anthropic, startedAt: now, finishedAt: now + .seconds(2), ok: error == nil,
            records: Int64(batches.reduce(0) { $0 + $1.rows.count }), error: error)
        try ledger.finish(id, poll, batches: batches)
        return poll
    }

    private static func rows(_ ledger: Ledger, margin: Int64 = 0) throws -> ReconcileRows {
        try ledger.reconcileRows(since: day, until: day.adding(days: 2), margin: margin)
    }

    @Test func `a poll is there from its start on, and tells how it ended`() throws {
        let folder = try DataFolder()
        do {
            let ledger = try Ledger(folder: folder.path)
            _ = try ledger.begin(.anthropic, at: monday)
            #expect(
                try ledger.polls(of: .anthropic, limit: 9) == [ProviderPoll(provider: .anthropic, startedAt: monday)])
            #expect(try ledger.lastGoodPoll(of: .anthropic) == nil)
            try ledger.close()
        }
        // The daemon died in it.
        let ledger = try Ledger(folder: folder.path)
        let good = try Self.poll(ledger, [], at: monday + .minutes(1))
        let bad = try Self.poll(ledger, [], at: monday + .minutes(2), error: "429")
        #expect(try ledger.polls(of: .anthropic, limit: 2) == [bad, good])
        #expect(try ledger.lastGoodPoll(of: .anthropic) == good)
        #expect(try ledger.polls(of: .openai, limit: 2).isEmpty)
    }

    @Test func `a report replaces what was known of its days, and leaves others alone`() throws {
        let ledger = try Ledger(folder: try DataFolder().path)
        let next = Self.day.adding(days: 1)
        let kept = Self.row("kept", on: next)
        try Self.poll(ledger, [Self.batch([Self.row("a"), Self.row("gone"), kept], days: [Self.day, next])])
        let cost = ProviderReport(
            provider: .anthropic, kind: .cost, day: Self.day, model: "", item: "web_search", cost: .dollars(-1))
        let corrected = Self.row("a", cost: 2, tokens: nil)
        try Self.poll(
            ledger,
            [
                Self.batch([corrected]),
                ReportBatch(
                    provider: .anthropic, kind: .cost, days: [Self.day], rows: [cost], askedAt: monday + .hours(1)),
            ])
        let found = try Self.rows(ledger)
        #expect(Set(found.reports) == [corrected, cost, kept])
        #expect(
            Set(found.coverage) == [
                ReportCoverage(provider: .anthropic, kind: .usage, day: Self.day, asOf: monday),
                ReportCoverage(provider: .anthropic, kind: .usage, day: next, asOf: monday),
                ReportCoverage(provider: .anthropic, kind: .cost, day: Self.day, asOf: monday + .hours(1)),
            ])
    }

    @Test func `a day on which nothing was used is known to be one`() throws {
        let ledger = try Ledger(folder: try DataFolder().path)
        try Self.poll(ledger, [Self.batch([])])
        let found = try Self.rows(ledger)
        #expect(found.reports.isEmpty)
        #expect(found.coverage.map(\.day) == [Self.day])
    }

    @Test func `old polls go, but not the last that went well`() throws {
        let ledger = try Ledger(folder: try DataFolder().path)
        let good = try Self.poll(ledger, [])
        for minute in 1...2020 {
            let now = monday + .minutes(Int64(minute))
            let id = try ledger.begin(.openai, at: now)
            if minute < 2018 { continue }
            let poll = ProviderPoll(provider: .openai, startedAt: now, finishedAt: now, error: "503")
            try ledger.finish(id, poll, batches: [])
        }
        #expect(try ledger.polls(of: .openai, limit: 9999).count == 2016)
        #expect(try ledger.polls(of: .anthropic, limit: 9999) == [good])
    }

    @Test func `our side is summed by the provider's day, model and source`() throws {
        let ledger = try Ledger(folder: try DataFolder().path)
        var book = try ledger.book(for: policy(budget("all", 1000)), now: monday)
        let midnight = Self.day.adding(days: 1).startInUTC
        func labels(_ model: String, _ source: String, worker: String) -> Labels {
            Labels([.provider: "anthropic", .model: model, .source: source, .worker: worker])
        }
        let opus = labels("claude-opus-5", "transcript", worker: "w-1")
        let records = [
            spend(1, opus, at: midnight - Span(milliseconds: 1), id: "1", tokens: 10),
            spend(
                2, labels("claude-opus-5", "transcript", worker: "w-2"), at: Self.day.startInUTC, id: "2", tokens: 20),
            spend(4, opus, at: midnight, id: "3", tokens: 40),
            spend(8, labels("claude-opus-5", "coordinator", worker: "w-1"), at: Self.day.startInUTC, id: "4"),
            spend(16, labels("claude-haiku-4-5", "transcript", worker: "w-1"), at: Self.day.startInUTC, id: "5"),
            spend(32, opus, at: Self.day.startInUTC - Span(milliseconds: 1), id: "6"),
        ]
        try ledger.carryOut(records.map { .insert($0) }, on: &book, at: midnight + .hours(1))
        func text(_ sums: [DaySums]) -> [String] {
            sums.map { "\($0.day.text) \($0.model ?? "") \($0.source ?? "") \($0.sums.calls) \($0.sums.cost.text)" }
        }
        #expect(
            text(try Self.rows(ledger).ours) == [
                "2026-03-02 claude-haiku-4-5 transcript 1 16", "2026-03-02 claude-opus-5 coordinator 1 8",
                "2026-03-02 claude-opus-5 transcript 2 3", "2026-03-03 claude-opus-5 transcript 1 4",
            ])
        #expect(text(try Self.rows(ledger, margin: 1).ours).first == "2026-03-01 claude-opus-5 transcript 1 32")
        #expect(try Self.rows(ledger).ours.reduce(0) { $0 + $1.sums.tokens.input } == 70)
    }

    @Test(arguments: Seed.some(4))
    func `our side's parts sum to what a report of the same days has`(_ seed: Seed) throws {
        var world = try World(seed)
        for _ in 0..<20 { try world.step() }
        let last = CivilDate(inUTC: world.now).adding(days: 1)
        let first = last.adding(days: -40)
        let days = try world.ledger.reconcileRows(since: first, until: last).ours
        let groups = try world.ledger.sums(since: first.startInUTC, until: last.startInUTC)
        #expect(days.reduce(.zero) { $0 + $1.sums.cost } == groups.reduce(.zero) { $0 + $1.sums.cost })
        #expect(days.reduce(0) { $0 + $1.sums.calls } == groups.reduce(0) { $0 + $1.sums.calls })
        #expect(days.reduce(0) { $0 + $1.sums.tokens.total } == groups.reduce(0) { $0 + $1.sums.tokens.total })
    }
}
