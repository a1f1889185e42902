import GovernorCore

/// A test as it will be played: everything with its time, in order.
struct TestScript {
    enum Step {
        /// All records of one time.
        case records([UsageRecord])
        case expectation(ExpectationDraft, at: Placed<WrittenTime>)
    }

    let start: Timestamp
    let zone: Zone
    private(set) var steps: [(time: Timestamp, step: Step)] = []
    /// How many expectations there are.
    private(set) var count = 0

    /// Most records of one test, repetitions counted.
    static let recordLimit: Int64 = 100_000

    /// - Parameter policy: nil when it has mistakes; the rest is checked all the same.
    /// - Returns: nil when there is no start; mistakes are reported.
    init?(_ draft: TestDraft, _ policy: Policy?, _ reading: inout Reading) {
        guard let written = draft.start else { return nil }
        zone = policy?.zone ?? .utc
        start = written.value.time(in: zone)
        addRecords(draft.records ?? [], &reading)
        for entry in draft.expect ?? [] { add(entry.value, policy, &reading) }
        if let expect = draft.expect, expect.isEmpty {
            reading.error("this test expects nothing", at: written.place, hint: "add entries to \"expect\"")
        }
        steps = steps.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
    }

    // MARK: Records

    private mutating func addRecords(_ drafts: [Placed<TestRecordDraft>], _ reading: inout Reading) {
        var byTime: [Timestamp: [UsageRecord]] = [:]
        var left = Self.recordLimit
        for draft in drafts {
            guard let at = draft.value.at else { continue }
            let times = draft.value.times?.value ?? 1
            guard times <= left else {
                reading.error(
                    "these are more than \(Self.recordLimit) records", at: draft.value.times?.place ?? draft.place,
                    hint: "a test has at most so many in all")
                return
            }
            left -= times
            let first = at.value.time.time(from: start, in: zone)
            let every = draft.value.every?.value ?? .zero
            let last = first + Span(milliseconds: every.milliseconds.saturatingMultiplied(by: times - 1))
            guard checkRange(first, last, at: at.place, &reading) else { continue }
            for number in 0..<times {
                let time = first + Span(milliseconds: every.milliseconds * number)
                byTime[time, default: []].append(record(draft, number, of: times, at: time))
            }
        }
        steps += byTime.map { (time: $0.key, step: .records($0.value)) }
    }

    private func record(
        _ draft: Placed<TestRecordDraft>, _ number: Int64, of times: Int64, at time: Timestamp
    ) -> UsageRecord {
        var labels = draft.value.about.labels
        let source = labels.source ?? "push"
        labels.source = source
        let place = "\(draft.place.line):\(draft.place.column)" + (times > 1 ? "#\(number + 1)" : "")
        return UsageRecord(
            identity: CallIdentity(key: "\(source)/\(draft.value.id?.value ?? place)"), growth: .later, time: time,
            labels: labels, tokens: draft.value.tokens, reportedCost: draft.value.cost,
            outcome: draft.value.outcome ?? .success, errorKind: draft.value.errorKind)
    }

    // MARK: Expectations

    private mutating func add(_ draft: ExpectationDraft, _ policy: Policy?, _ reading: inout Reading) {
        if let policy { Self.check(draft, policy, &reading) }
        guard let at = draft.at else { return }
        let time = at.value.time.time(from: start, in: zone)
        guard checkRange(time, time, at: at.place, &reading) else { return }
        steps.append((time: time, step: .expectation(draft, at: at)))
        count += 1
    }

    /// Names that the policy doesn't have: a test must not hold because it is misspelled.
    private static func check(_ draft: ExpectationDraft, _ policy: Policy, _ reading: inout Reading) {
        let budgets = policy.budgets.map(\.name)
        let rules = policy.rules.map(\.name)
        if let budget = draft.budget, !budgets.contains(budget.value) {
            reading.errorUnknownItem(budget.value, among: budgets, "budget", at: budget.place)
        }
        if let rule = draft.rule, !rules.contains(rule.value) {
            reading.errorUnknownItem(rule.value, among: rules, "rule", at: rule.place)
        }
        for name in (draft.alerts?.value ?? []) + (draft.firing?.value ?? []) {
            name.value.check(policy, at: name.place, &reading)
        }
    }

    /// Whether both are within what a test may cover.
    private func checkRange(
        _ first: Timestamp, _ last: Timestamp, at place: Place, _ reading: inout Reading
    ) -> Bool {
        if first < start {
            reading.error(
                "this is before the test's start", at: place, hint: "it begins at \(RFC3339.text(start, in: zone))")
        } else if last - start > TestTime.longest {
            reading.error("this is more than \(TestTime.longest.text) after the test's start", at: place)
        } else {
            return true
        }
        return false
    }
}
