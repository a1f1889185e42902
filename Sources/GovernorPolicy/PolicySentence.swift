package import GovernorCore

/// Says a budget in one plain sentence, so that nobody misreads it.
package enum PolicySentence {
    /// `worker-day: each worker may spend $25.00 a day, Warsaw time; at 80% tell ops; at 100% pause it until midnight`.
    package static func sentence(for budget: Budget, in policy: Policy) -> String {
        var parts = ["\(budget.name): \(subject(budget)) may \(limit(budget))"]
        parts += budget.thresholds.map { threshold in
            "at \(threshold.ratio.percentText) \(joined(actions(of: threshold, budget, policy)))"
        }
        if budget.thresholds.isEmpty { parts.append("nothing happens when it is spent") }
        if budget.mode == .observe || policy.mode == .observe {
            parts.append("it only observes, so nothing is held back")
        }
        return parts.joined(separator: "; ")
    }

    /// With a comma before the last, since a part may hold an `and` of its own.
    private static func joined(_ parts: [String]) -> String {
        parts.enumerated().map { $0 == 0 ? $1 : $0 == parts.count - 1 ? ", and \($1)" : ", \($1)" }.joined()
    }

    /// `the fleet together`, `each worker`, `each combination of project and user`.
    private static func subject(_ budget: Budget) -> String {
        switch budget.per.count {
        case 0: "the fleet together"
        case 1: "each \(word(budget.per[0]))"
        default: "each combination of \(Quoting.list(budget.per.map(word)))"
        }
    }

    private static func word(_ key: LabelKey) -> String {
        switch key {
        case .label(let name): name.rawValue
        case .tag(let tag): "tag \(tag)"
        }
    }

    /// `spend $25.00 a day, Warsaw time, counting only model claude-opus-*`.
    private static func limit(_ budget: Budget) -> String {
        let value = budget.limit.value
        let amount =
            switch budget.limit.unit {
            case .usd: "spend \(grouped(budget.limit.text))"
            case .tokens: "use \(grouped(String(value))) \(value == 1 ? "token" : "tokens")"
            case .calls: "make \(grouped(String(value))) \(value == 1 ? "call" : "calls")"
            }
        let terms = budget.matcher.terms.map { term in
            "\(term.key.text) \(Quoting.list(term.globs.map(\.pattern), "or"))"
        }
        let matched = terms.isEmpty ? "" : ", counting only \(Quoting.list(terms))"
        switch budget.window {
        case .calendar(.hour): return "\(amount) an hour, \(clock(budget.zone))\(matched)"
        case .calendar(let unit): return "\(amount) a \(unit.rawValue), \(clock(budget.zone))\(matched)"
        case .rolling(let span): return "\(amount) in any \(span.text)\(matched)"
        case .lifetime: return "\(amount) in all\(matched)"
        }
    }

    /// `Warsaw time`, `UTC`.
    private static func clock(_ zone: Zone) -> String {
        guard let city = zone.identifier.split(separator: "/").last, city != "UTC" else { return "UTC" }
        return "\(city.replacing("_", with: " ")) time"
    }

    private static func actions(of threshold: Threshold, _ budget: Budget, _ policy: Policy) -> [String] {
        let it = budget.per.isEmpty ? "the fleet" : "it"
        var actions: [String] = []
        if !threshold.notify.isEmpty {
            actions.append("tell \(Quoting.list(threshold.notify.map { receiver($0, policy) }))")
        }
        if let throttle = threshold.throttle { actions.append("throttle \(it)\(ActionText.throttle(throttle))") }
        if threshold.stop {
            actions.append("stop \(it)\(rest(of: budget.window)), running work included")
        } else {
            switch threshold.pause {
            case nil: break
            case .untilReset: actions.append("pause \(it)\(rest(of: budget.window))")
            case .lasting(let span):
                actions.append("pause \(it) for \(span.text), after which work may go on \(above(threshold, budget))")
            }
        }
        return actions.isEmpty ? ["do nothing"] : actions
    }

    /// How long what a block lasts, for a window: ` until midnight`.
    private static func rest(of window: Window) -> String {
        switch window {
        case .calendar(.hour): " until the next hour"
        case .calendar(.day): " until midnight"
        case .calendar(.week): " until Monday"
        case .calendar(let unit): " until the next \(unit.rawValue)"
        case .rolling(let span): " until enough of that is more than \(span.text) ago"
        case .lifetime: " for good"
        }
    }

    /// `above 80% until 100%`: a pause for a duration ends by itself, whatever was spent.
    private static func above(_ threshold: Threshold, _ budget: Budget) -> String {
        let next = budget.thresholds.first { $0.ratio > threshold.ratio && $0.blocks }
        let end = next.map { "until \($0.ratio.percentText)" } ?? "with nothing further to hold it back"
        return "above \(threshold.ratio.percentText) \(end)"
    }

    /// `ops`, `ops (off)`.
    private static func receiver(_ name: String, _ policy: Policy) -> String {
        policy.receiver(name)?.kind == .off ? "\(name) (which is off)" : name
    }

    /// `$2,000.00`, `5,000,000`.
    private static func grouped(_ number: String) -> String {
        let whole = number.prefix { $0 != "." }
        let digits = whole.drop { !$0.isNumber }
        var result = String(whole.prefix(whole.count - digits.count))
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { result.append(",") }
            result.append(digit)
        }
        return result + number.dropFirst(whole.count)
    }
}
