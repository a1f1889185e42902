import GovernorAPI
import GovernorCore
import Testing

/// What a display is given, to the byte.
@Suite struct FeedTests {
    private let now = Timestamp(seconds: 1_795_200_000)

    private func budget(_ name: String, _ dollars: Int64, per: [LabelKey] = []) -> Budget {
        Budget(
            name: name, limit: .usd(.dollars(dollars)), per: per, window: .calendar(.day),
            thresholds: [
                Threshold(ratio: .percent(80)), Threshold(ratio: .percent(100), actions: Actions(pause: .untilReset)),
            ])
    }

    /// Accounts of a policy after one record a worker.
    private func accounts(_ budgets: [Budget], spends: [(worker: String, cost: Int64)]) -> [AccountView] {
        var book = Book(policy: Policy(revision: "r", budgets: budgets), now: now)
        var planner = Planner(book: book, now: now)
        planner.add(
            spends.enumerated().map { index, spend in
                var record = UsageRecord(
                    identity: CallIdentity(key: "push/\(index)"), growth: .later, time: now,
                    labels: Labels([.worker: spend.worker]), tokens: TokenCounts(output: 1))
                record.cost = .dollars(spend.cost)
                return .insert(record)
            })
        planner.evaluateTouched()
        book.apply(planner.finish())
        return book.policy.budgets.indices.flatMap { index in
            book.accounts[index].map { split, _ in
                AccountView(
                    budget: budgets[index], split: split,
                    standing: book.standing(of: AccountKey(meter: index, split: split), now: now), mode: .enforce)
            }
        }
    }

    private func body(_ accounts: [AccountView], unpriced: Int64 = 0) -> String {
        let paused = accounts.filter(\.standing.isPaused).map {
            PauseView(
                item: .budget($0.budget.name), per: $0.budget.per, split: $0.split, reason: "", since: nil, until: nil)
        }
        let feed = FeedBody(
            at: now, today: .dollars(12), month: .dollars(210), burn: Money(nanodollars: 1_920_000_000), forecast: nil,
            accounts: accounts, paused: paused, alerts: 1, unpriced: unpriced)
        return String(decoding: feed.body, as: UTF8.self)
    }

    @Test func itHasTheContractsFieldsInTheContractsOrder() {
        let accounts = accounts(
            [budget("fleet-day", 2000), budget("worker-day", 25, per: [.label(.worker)])], spends: [("w-1", 25)])
        #expect(
            body(accounts) == """
                {"v":1,"t":1795200000,"today":12.0000,"month":210.0000,"forecast":0.0000,"limit":2000.0000,"used":0.0125,\
                "burn":1.9200,"state":"pause","paused":1,"alerts":1,"worst":{"name":"worker-day","who":"w-1","used":1.0000,\
                "left":0.0000,"resets":1795219200}}
                """)
    }

    @Test func itFitsWhateverTheNamesAre() {
        let hostile = ["\u{1}", "\u{7F}", "\"", "\\", "ż", "👩‍👩‍👧‍👦", "\u{9B}"].map { String(repeating: $0, count: 256) }
        let name = String(repeating: "n", count: 64)
        for worker in hostile {
            let accounts = accounts([budget(name, 1, per: [.label(.worker)])], spends: [(worker, 9_000_000)])
            let text = body(accounts, unpriced: .max)
            #expect(text.utf8.count < 512)
            #expect((try? JSONReader.read(text.utf8))?["worst"]?["name"]?.string == name)
        }
    }

    @Test func anEmptyFleetHasZeros() {
        #expect(
            body([]) == """
                {"v":1,"t":1795200000,"today":12.0000,"month":210.0000,"forecast":0.0000,"limit":0.0000,"used":0.0000,\
                "burn":1.9200,"state":"warn","paused":0,"alerts":1,"worst":{}}
                """)
    }

    @Test func activityHasTheContractsFieldsAndNullsOnlyWhereAllowed() {
        var sums = UsageSums()
        sums.cost = Money(nanodollars: 506_700_000)
        sums.tokens = TokenCounts(input: 59_253, output: 21_176, cacheRead: 11_936, cacheWrite5m: 2069)
        let body = ActivityBody(
            at: now, window: .hours(24), sums: sums, sessions: 19, activeSession: nil, lastActivity: nil)
        var json = JSONWriter()
        json.value(.object(body.members))
        #expect(
            json.text == """
                {"timestamp":"2026-11-20T18:40:00Z","window_hours":24.0,"burn_rate_per_hour":0.0211,"total_cost_usd":0.5067,\
                "input_tokens":59253,"output_tokens":21176,"cache_creation_tokens":2069,"cache_read_tokens":11936,\
                "total_tokens":94434,"session_count":19,"active_session_id":null,"last_activity":null,"source":"governor"}
                """)
    }

    @Test func aPushedPictureKeepsItsUnknownFieldsAndIsFilledUp() {
        let body = ActivityBody(
            at: now, window: .hours(24), sums: UsageSums(), sessions: 0, activeSession: nil, lastActivity: nil)
        let members = body.members(replacedBy: [
            JSON.Member("total_cost_usd", .number("3.5")), JSON.Member("room", .string("attic")),
        ])
        #expect(members.first { $0.key == "total_cost_usd" }?.value == .number("3.5"))
        #expect(members.last == JSON.Member("room", .string("attic")))
        #expect(members.count == 14)
    }
}
