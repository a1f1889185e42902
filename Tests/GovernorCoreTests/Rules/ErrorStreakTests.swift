import GovernorCore
import Seeds
import Testing

@Suite struct `Error streak` {
    /// How a call ended; nil when it succeeded.
    private typealias End = String?

    private func bench(count: Int64 = 3, within: Span = .minutes(10), kinds: [String] = []) -> RuleBench {
        RuleBench(.errors(ErrorStreak(count: count, within: within, kinds: kinds.map { Glob($0) })))
    }

    private func call(_ kind: End, at time: Timestamp, id: String = "r", outcome: Outcome = .error) -> UsageRecord {
        var record = spend(.zero, at: time, id: id)
        record.outcome = kind == nil ? .success : outcome
        record.errorKind = kind
        return record
    }

    /// Calls a minute apart, the last of them at `monday`.
    private func minutely(_ ends: [End], _ bench: RuleBench) -> RuleBench {
        var bench = bench
        for (number, end) in ends.reversed().enumerated() {
            bench.add(call(end, at: monday - .minutes(Int64(number)), id: "r\(number)"))
        }
        return bench
    }

    @Test func `so many in a row fire, one less does not`() {
        #expect(!minutely(["a", "a"], bench()).holds(at: monday))
        let finding = minutely(["a", "b", "a"], bench()).finding(at: monday)
        #expect(finding.holds && finding.asOf == monday)
        #expect(finding.value == 3 && finding.limit == Limit(unit: .calls, value: 3))
        #expect(finding.text == "the fleet had 3 errors in a row within 10m: 2 a, 1 b")
    }

    @Test func `the text names whose they are and the most frequent kinds`() {
        var bench = RuleBench(.errors(ErrorStreak(count: 1, within: .minutes(10))), per: [.label(.worker)])
        for (number, kind) in ["e", "d", "c", "b", "a", "f", "f", "a"].enumerated() {
            var record = call(kind, at: monday)
            record.identity = CallIdentity(key: "call \(number)")
            record.labels.worker = "w-1"
            bench.add(record)
        }
        #expect(
            bench.finding(of: split("w-1"), at: monday).text
                == "w-1 had 8 errors in a row within 10m: 2 a, 2 f, 1 b, 1 c, 2 of other kinds")
        #expect(!bench.holds(of: split("w-2"), at: monday))
    }

    @Test func `a success ends it, and what came before no longer counts`() {
        #expect(!minutely(["a", "a", "a", nil], bench()).holds(at: monday))
        #expect(!minutely(["a", "a", nil, "a", "a"], bench()).holds(at: monday))
        #expect(minutely(["a", nil, "a", "a", "a"], bench()).finding(at: monday).value == 3)
    }

    @Test func `errors of other kinds neither count nor end it`() {
        let limits = bench(kinds: ["rate_*", "overloaded"])
        #expect(!minutely(["timeout", "timeout", "timeout", "timeout"], limits).holds(at: monday))
        let mixed = minutely(["rate_limit", "timeout", "overloaded", "timeout", "rate_limit", "timeout"], limits)
        let finding = mixed.finding(at: monday)
        #expect(finding.value == 3 && finding.asOf == monday - .minutes(1))
        #expect(!minutely(["rate_limit", "rate_limit", nil, "timeout", "rate_limit"], limits).holds(at: monday))
    }

    @Test func `an error whose kind nobody named is an error`() {
        var bench = bench(count: 2)
        bench.add(call("", at: monday))
        var unnamed = call("", at: monday)
        unnamed.errorKind = nil
        unnamed.identity = CallIdentity(key: "another")
        bench.add(unnamed)
        #expect(bench.finding(at: monday).text == "the fleet had 2 errors in a row within 10m: 2 error")
    }

    @Test func `the first and the last lie within the time, to the millisecond`() {
        for (extra, holds) in [(Span.zero, true), (tick, false)] {
            var bench = bench()
            bench.add(call("a", at: monday - .minutes(10) - extra))
            bench.add(call("a", at: monday - .minutes(5)))
            bench.add(call("a", at: monday))
            #expect(bench.holds(at: monday) == holds)
        }
    }

    @Test func `the last is no longer ago than that, to the millisecond`() {
        let bench = minutely(["a", "a", "a"], bench())
        #expect(bench.finding(at: monday + .minutes(10)).asOf == monday)
        #expect(!bench.holds(at: monday + .minutes(10) + tick))
    }

    @Test func `what is dropped never decides`() {
        // The oldest that can matter is twice the time old.
        var bench = bench()
        for minutes: Int64 in [10, 5, 0] { bench.add(call("a", at: monday - .minutes(minutes))) }
        for ago in [Span.zero, .minutes(5), .minutes(10)] {
            bench.prune(at: monday + ago)
            #expect(bench.holds(at: monday + ago))
        }
    }

    @Test func `a call of a clock that runs ahead counts now`() {
        var bench = bench(count: 1)
        bench.add(call("a", at: monday + .hours(3)))
        #expect(bench.finding(at: monday).asOf == monday)
    }

    @Test func `no count, span or time traps`() {
        for count in [Int64.min, 0, 1, .max] {
            for within in [Span.zero, tick, Span(milliseconds: .max)] {
                for time in [Timestamp.distantPast, monday, .distantFuture] {
                    var bench = bench(count: count, within: within)
                    #expect(!bench.holds(at: monday))
                    bench.add(call("a", at: time))
                    bench.add(call("a", at: monday))
                    for now in [Timestamp.distantPast, monday, .distantFuture] { _ = bench.finding(at: now) }
                }
            }
        }
    }

    @Test(arguments: Seed.some(200))
    func `the streak is the tail after the last success, in any order of arrival`(seed: Seed) {
        var generator = SeededGenerator(seed)
        let count = generator.number(1...4)
        let within = Span.minutes(generator.number(1...12))
        let calls = (0..<generator.number(1..<12)).map { number in
            call(
                generator.pick([nil, "a", "a", "b", "a"]), at: monday - .minutes(Int64(number)), id: "r\(number)")
        }
        let isFiltered = generator.once(in: 2)
        var bench = bench(count: count, within: within, kinds: isFiltered ? ["a"] : [])
        bench.add(calls.shuffled(using: &generator))
        // Newest first, as they were made.
        let tail = calls.prefix { $0.outcome != .success }.filter { !isFiltered || $0.errorKind == "a" }
        let expected =
            tail.count >= count && monday - tail[0].time <= within
            && tail[0].time - tail[Int(count) - 1].time <= within
        let finding = bench.finding(at: monday)
        #expect(finding.holds == expected)
        if expected { #expect(finding.asOf == tail[0].time) }
    }
}
