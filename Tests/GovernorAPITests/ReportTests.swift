import GovernorAPI
import GovernorCore
import Testing

/// Reports and replies.
@Suite struct ReportTests {
    private func sums(_ nanodollars: Int64) -> UsageSums {
        UsageSums(
            calls: 1, success: 1, unpriced: 0, cost: Money(nanodollars: nanodollars), tokens: TokenCounts(output: 7))
    }

    @Test func groupsAddUpToTheTotalToTheNanodollar() {
        let parts = [("a", "m1", 1), ("a", "m2", 20), ("b", "m1", 300)].map { worker, model, cost in
            (labels: Labels([.worker: worker, .model: model]), sums: sums(Int64(cost)))
        }
        let report = ReportBody(
            since: Timestamp(seconds: 0), until: Timestamp(seconds: 86_400), zone: .utc, by: [.label(.worker)],
            sums: parts)
        #expect(report.groups.map(\.key) == [["b"], ["a"]])
        #expect(report.groups.map(\.sums.cost.nanodollars) == [300, 21])
        #expect(report.total.cost.nanodollars == 321)
        #expect(report.total.calls == 3)
    }

    @Test func aDecisionReadsAsTheContractShowsIt() throws {
        let now = Timestamp(milliseconds: 1_795_200_000_000)
        let budget = Budget(
            name: "worker-day", limit: .usd(.dollars(25)), per: [.label(.worker)], window: .calendar(.day),
            thresholds: [Threshold(ratio: .percent(100), actions: Actions(pause: .untilReset))])
        var book = Book(policy: Policy(revision: "9c1f", budgets: [budget]), now: now)
        var record = UsageRecord(
            identity: CallIdentity(key: "push/1"), growth: .later, time: now, labels: Labels([.worker: "w-1"]),
            tokens: TokenCounts())
        record.cost = Money(nanodollars: 25_071_200_000)
        var planner = Planner(book: book, now: now)
        planner.add([.insert(record)])
        planner.evaluateTouched()
        book.apply(planner.finish())
        let reply = Reply.decision(book.decide(Labels([.worker: "w-1"]), now: now), id: .number("7"), zone: .utc)
        #expect(
            String(decoding: reply, as: UTF8.self) == """
                {"id":7,"decision":"pause","reasons":[{"budget":"worker-day","split":{"worker":"w-1"},"ratio":1.002848,\
                "spent_usd":25.0712,"held_usd":0,"limit_usd":25,"resumes_at":"2026-11-21T00:00:00Z",\
                "text":"worker-day: w-1 has spent $25.07 of $25.00 today; it may go on at midnight"}],"remaining_usd":0,\
                "resume_at":"2026-11-21T00:00:00Z","retry_after_s":19200,"as_of":"2026-11-20T18:40:00Z","stale":[],\
                "caveats":[],"revision":"9c1f"}
                """)
    }
}
