package import GovernorCore

/// Says every item of a policy in one plain sentence, so that nobody misreads it.
package enum PolicySentence {
    /// One sentence per item: budgets with their overrides, then rules, then silences, each in the order of the files; at
    /// the end what is said of prices and sources.
    package static func sentences(for policy: Policy) -> [String] {
        policy.budgets.map { sentence(for: $0, in: policy) } + policy.rules.map { sentence(for: $0, in: policy) }
            + policy.silences.map { sentence(for: $0, in: policy) } + sentences(ofPrices: policy)
    }

    /// `worker-day: each worker may spend $25.00 a day, Warsaw time; at 80% tell ops; at 100% pause it until midnight`.
    package static func sentence(for budget: Budget, in policy: Policy) -> String {
        var parts = ["\(budget.name): \(subject(budget)) may \(limit(budget))"]
        parts += budget.overrides.map { override($0, of: budget) }
        parts += budget.thresholds.map { threshold in
            let actions = ActionPhrase.joined(ActionPhrase.phrases(threshold, of: budget, in: policy))
            return "\(condition(of: threshold, budget)) \(actions)"
        }
        if budget.thresholds.isEmpty {
            parts.append("nothing happens when it is spent")
        } else if budget.mode == .observe || policy.mode == .observe {
            parts.append("it only observes, so nothing is held back")
        } else if budget.thresholds.contains(where: { !$0.actions.isEmpty }),
            !budget.thresholds.contains(where: { $0.actions.governs })
        {
            parts.append("it only tells, so nothing is held back")
        }
        return parts.joined(separator: "; ")
    }

    /// `messages of hot-worker for worker loadtest-* are muted until 2026-12-01 at 18:00, Warsaw time: load test`.
    package static func sentence(for silence: Silence, in policy: Policy) -> String {
        let items = silence.items.map(\.pattern)
        let messages = items.isEmpty ? "all messages" : "messages of \(Quoting.list(items, "or"))"
        let terms = silence.matcher.terms.isEmpty ? "" : " for \(Saying.terms(silence.matcher))"
        return "\(messages)\(terms) are muted \(Saying.stretch(silence.interval, in: policy.zone)), "
            + "\(Saying.clock(policy.zone)): \(Saying.because(silence.reason, silence.by)); limits still hold"
    }

    /// `the fleet together`, `each worker`, `each combination of project and user`.
    private static func subject(_ budget: Budget) -> String {
        switch budget.per.count {
        case 0: "the fleet together"
        case 1: "each \(Saying.noun(budget.per[0]))"
        default: "each combination of \(Quoting.list(budget.per.map(Saying.noun)))"
        }
    }

    /// `spend $25.00 a day, Warsaw time, counting only model claude-opus-*`.
    private static func limit(_ budget: Budget) -> String {
        let verb =
            switch budget.limit.unit {
            case .usd: "spend"
            case .tokens: "use"
            case .calls: "make"
            }
        let counting = Saying.counting(budget.matcher, budget.schedule)
        let text = "\(verb) \(Saying.amount(budget.limit)) \(window(budget))\(counting)"
        let isTimed = budget.schedule != nil && !isOfCalendar(budget)
        return text + (isTimed ? ", \(Saying.clock(budget.zone))" : "") + halves(budget)
    }

    private static func isOfCalendar(_ budget: Budget) -> Bool {
        if case .calendar = budget.window { true } else { false }
    }

    /// `a day, Warsaw time`, `in any 1h`.
    private static func window(_ budget: Budget) -> String {
        switch budget.window {
        case .calendar: "\(Saying.each(budget.window)), \(Saying.clock(budget.zone))"
        case .block: "\(Saying.each(budget.window)) that begins with its first use"
        case .rolling, .lifetime: Saying.each(budget.window)
        }
    }

    /// `, so that a shift has $40.00 before midnight and $40.00 after it`: where a day ends within a shift.
    private static func halves(_ budget: Budget) -> String {
        guard case .calendar(let period) = budget.window, period.unit == .day, let schedule = budget.schedule,
            schedule.isCut(at: period.startsAt)
        else { return "" }
        let cut = period == .day ? "midnight" : period.startsAt.wallClock
        let amount = Saying.amount(budget.limit)
        return ", so that a shift has \(amount) before \(cut) and \(amount) after it"
    }

    /// `$3,000.00 instead from 2026-11-23 at 00:00 until 2026-12-01 at 00:00 for release week, by ada@example.com`.
    private static func override(_ override: Override, of budget: Budget) -> String {
        let clock = isOfCalendar(budget) || budget.schedule != nil ? "" : ", \(Saying.clock(budget.zone)),"
        return "\(Saying.amount(override.limit)) instead \(Saying.stretch(override.interval, in: budget.zone))\(clock) "
            + "for \(Saying.because(override.reason, override.by))"
    }

    /// `at 80%`, `once 80% has been reached for 10m,`, `when the month has been heading for 110% or more for 30m,`.
    private static func condition(of threshold: Threshold, _ budget: Budget) -> String {
        let share = threshold.ratio.percentText
        let hold = threshold.hold > .zero ? threshold.hold.text : nil
        switch threshold.measure {
        case .spent: return hold.map { "once \(share) has been reached for \($0)," } ?? "at \(share)"
        case .forecast:
            let window = Saying.noun(budget.window)
            // What pauses asks for the upper end of the interval that eight in ten windows end in.
            guard threshold.actions.blocks else {
                return hold.map { "when \(window) has been heading for \(share) or more for \($0)," }
                    ?? "when \(window) is heading for \(share) or more,"
            }
            let odds = "at least one in ten that \(window) ends at \(share) or more"
            return hold.map { "when for \($0) the odds have been \(odds)," } ?? "when the odds are \(odds),"
        }
    }
}
