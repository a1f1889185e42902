import GovernorCore

/// Plays a test, and notes what was not as expected.
struct TestRun {
    private var simulation: Simulation
    private let script: TestScript
    /// All that happened.
    private(set) var events: [Event] = []
    private(set) var failures: [Diagnostic] = []
    /// What fired since the entry before.
    private var fired: [Alert] = []

    init(_ policy: Policy, _ prices: PriceBook, _ script: TestScript) {
        simulation = Simulation(policy: policy, prices: prices, start: script.start)
        self.script = script
    }

    mutating func play() {
        for (time, step) in script.steps {
            switch step {
            case .records(let records): simulation.take(records, at: time)
            case .expectation(let expected, let at):
                simulation.advance(to: time)
                if let resume = expected.resume { simulation.resume(resume.labels) }
                note()
                judge(expected, when: at.value.text)
                fired = []
            }
        }
    }

    private mutating func note() {
        let new = simulation.drain()
        events += new
        fired += new.compactMap { if case .fired(let alert) = $0.kind { alert } else { nil } }
    }

    // MARK: Judging

    private mutating func judge(_ expected: ExpectationDraft, when: String) {
        if let alerts = expected.alerts {
            let isSo =
                alerts.value.count == fired.count
                && zip(alerts.value, fired).allSatisfy { $0.value.matches($1) }
            if !isSo { fail(when, "alerts \(Self.list(alerts.value))", Self.list(fired), at: alerts.place) }
        }
        if let firing = expected.firing {
            let present = simulation.firing
            if !Self.isSame(firing.value.map(\.value), present) {
                fail(when, "firing \(Self.list(firing.value))", Self.list(present), at: firing.place)
            }
        }
        guard let check = expected.check?.value else { return }
        let decision = simulation.decide(check.labels, estimate: check.estimate)
        judge(expected, decision, when: when)
    }

    private mutating func judge(_ expected: ExpectationDraft, _ decision: Decision, when: String) {
        let reasons = decision.reasons + decision.wouldReasons
        let why = Self.why(decision)
        let zone = script.zone
        compare(when, "decision", expected.decision, decision.kind, why) { $0.rawValue }
        compare(when, "would", expected.would, decision.would ?? decision.kind, why) { $0.rawValue }
        let first = reasons.first
        compare(when, "budget", expected.budget, first.flatMap { $0.share == nil ? nil : $0.item }, why) { $0 }
        compare(when, "rule", expected.rule, first.flatMap { $0.share == nil ? $0.item : nil }, why) { $0 }
        let resumeAt = expected.resumeAt.map {
            Placed(value: $0.value.time.time(from: script.start, in: zone), place: $0.place)
        }
        compare(when, "resume_at", resumeAt, decision.resumeAt, why) { RFC3339.text($0, in: zone) }
        compare(when, "delay", expected.delay, decision.delay, why) { $0.text }
        compare(when, "max_workers", expected.maxWorkers, decision.maxWorkers, why) { String($0) }
        compare(when, "model", expected.model, decision.model, why) { $0 }
        compare(when, "stop", expected.stop, decision.stop, why) { String($0) }
        compare(when, "remaining_usd", expected.remaining, decision.remaining, why) { $0.text }
        if let reason = expected.reason, !reasons.contains(where: { $0.text.contains(reason.value) }) {
            fail(when, "a reason with \(Quoting.quoted(reason.value))", "none", at: reason.place, why)
        }
        if let caveats = expected.caveats, !Self.areParts(caveats.value, of: decision.caveats) {
            fail(
                when, "caveats [\(caveats.value.joined(separator: ", "))]",
                "[\(decision.caveats.joined(separator: ", "))]", at: caveats.place)
        }
    }

    private mutating func compare<Value: Equatable>(
        _ when: String, _ what: String, _ expected: Placed<Value>?, _ found: Value?, _ why: String,
        _ text: (Value) -> String
    ) {
        guard let expected, expected.value != found else { return }
        fail(when, "\(what) \(text(expected.value))", found.map(text) ?? "none", at: expected.place, why)
    }

    private mutating func fail(
        _ when: String, _ expected: String, _ found: String, at place: Place, _ why: String? = nil
    ) {
        failures.append(
            Diagnostic(
                file: place.file, line: place.line, column: place.column, severity: .error,
                message: Quoting.printable("at \(when): expected \(expected), got \(found)"),
                hint: why.map(Quoting.printable)))
    }

    // MARK: What was there

    /// What holds it back, and why that may not be all.
    private static func why(_ decision: Decision) -> String {
        var parts = decision.reasons.map(\.text)
        parts += decision.wouldReasons.map { "only observing: \($0.text)" }
        if parts.isEmpty { parts = ["nothing holds it back"] }
        return (parts + decision.caveats.map { "caveat: \($0)" }).joined(separator: "; ")
    }

    private static func isSame(_ patterns: [AlertPattern], _ alerts: [Alert]) -> Bool {
        Pairing.isWhole(patterns, alerts) { $0.matches($1) }
    }

    private static func areParts(_ parts: [String], of texts: [String]) -> Bool {
        Pairing.isWhole(parts, texts) { $1.contains($0) }
    }

    private static func list(_ patterns: [Placed<AlertPattern>]) -> String { list(patterns.map(\.value.text)) }
    private static func list(_ alerts: [Alert]) -> String { list(alerts.map(\.testName)) }

    private static func list(_ names: [String]) -> String {
        let shown = names.prefix(20).joined(separator: ", ")
        return "[\(shown)\(names.count > 20 ? ", and \(names.count - 20) more" : "")]"
    }
}

extension Alert {
    /// As tests name it: `worker-day@80%{worker=w-07}`, `hot-fleet`.
    package var testName: String {
        let labels = split.labels(per: per).map { "\($0.key.text)=\($0.value)" }
        return name + (labels.isEmpty ? "" : "{\(labels.joined(separator: ", "))}")
    }
}
