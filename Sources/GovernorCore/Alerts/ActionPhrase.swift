/// Actions as what will happen: `tell ops`, `pause it until midnight`; the same in `policy check` and `policy explain`.
package enum ActionPhrase {
    /// What a threshold of the budget does, one phrase each.
    package static func phrases(_ threshold: Threshold, of budget: Budget, in policy: Policy) -> [String] {
        let it = budget.per.isEmpty ? "the fleet" : "it"
        let actions = threshold.actions
        var phrases = milder(actions, it, policy)
        if actions.stop { phrases.append("stop \(it)\(rest(of: budget)), running work included") }
        switch actions.pause {
        case nil: break
        // A stop starts no new work before the reset either.
        case .untilReset: if !actions.stop { phrases.append("pause \(it)\(rest(of: budget))") }
        case .untilResumed:
            phrases.append("pause \(it) until an operator resumes it\(goesOn(after: threshold, of: budget))")
        case .lasting(let span):
            if !actions.stop {
                phrases.append("pause \(it) for \(span.text)\(goesOn(after: threshold, of: budget))")
            }
        }
        return phrases.isEmpty ? ["do nothing"] : phrases
    }

    /// What a rule does while its condition holds, one phrase each.
    package static func phrases(_ rule: Rule, in policy: Policy) -> [String] {
        let it = rule.per.isEmpty ? "the fleet" : "it"
        var phrases = milder(rule.actions, it, policy)
        if rule.actions.throttle != nil || rule.actions.downgrade != nil {
            phrases[phrases.endIndex - 1] += " while this lasts"
        }
        if rule.actions.stop { phrases.append("stop \(it) while this lasts, running work included") }
        switch rule.actions.pause {
        case nil: break
        case .lasting(let span): phrases.append("pause \(it) for \(span.text), longer while this lasts")
        case .untilReset, .untilResumed: phrases.append("pause \(it) until an operator resumes it")
        }
        return phrases.isEmpty ? ["do nothing"] : phrases
    }

    /// With a comma before the last, since a phrase may hold an `and` of its own.
    package static func joined(_ phrases: [String]) -> String {
        phrases.enumerated().map { $0 == 0 ? $1 : $0 == phrases.count - 1 ? ", and \($1)" : ", \($1)" }.joined()
    }

    private static func milder(_ actions: Actions, _ it: String, _ policy: Policy) -> [String] {
        var phrases: [String] = []
        if !actions.notify.isEmpty { phrases.append("tell \(list(actions.notify.map { receiver($0, policy) }))") }
        if let throttle = actions.throttle { phrases.append("throttle \(it)\(ActionText.throttle(throttle))") }
        if let map = actions.downgrade {
            let moves = map.entries.map { "\($0.glob.pattern) to \($0.model)" }.joined(separator: ", ")
            phrases.append("move \(it) to cheaper models (\(map.name): \(moves))")
        }
        return phrases
    }

    /// How long what a block lasts, for a budget: ` until midnight`.
    private static func rest(of budget: Budget) -> String {
        // Outside its hours a budget holds nothing back, and within the next ones of the same window it does again.
        let hours = budget.schedule == nil ? "" : ", though only within its hours"
        switch budget.window {
        case .calendar(let period): return " until \(next(period))\(hours)"
        case .rolling(let span): return " until enough of that is more than \(span.text) ago\(hours)"
        case .block: return " until the block ends\(hours)"
        case .lifetime: return " for good\(hours)"
        }
    }

    /// `midnight`, `12:00`, `Monday`, `the next month`, `the 15th`: when a period begins anew.
    private static func next(_ period: Window.Period) -> String {
        switch period.unit {
        case .hour: "the next hour"
        case .day: period == .day ? "midnight" : period.startsAt.wallClock
        case .week: Weekday.name(of: period.startsOn)
        case .month: period == .month ? "the next month" : "the \(period.text.split(separator: " ").last ?? "")"
        case .quarter, .year: "the next \(period.unit.rawValue)"
        }
    }

    /// `, after which work may go on above 80% until 100%`: such a pause ends, whatever was spent.
    private static func goesOn(after threshold: Threshold, of budget: Budget) -> String {
        let next = budget.thresholds.first {
            $0.measure == .spent && $0.actions.blocks && (threshold.measure == .forecast || $0.ratio > threshold.ratio)
        }
        let from = threshold.measure == .spent ? " above \(threshold.ratio.percentText)" : ""
        let end = next.map { "until \($0.ratio.percentText)" } ?? "with nothing further to hold it back"
        return ", after which work may go on\(from) \(end)"
    }

    /// `ops`, `ops (which is off)`, `finance (digest at 08:00)`.
    private static func receiver(_ name: String, _ policy: Policy) -> String {
        guard let receiver = policy.receiver(name) else { return name }
        if receiver.isOff { return "\(name) (which is off)" }
        return receiver.digest.map { "\(name) (digest \($0.whenText))" } ?? name
    }

    /// `a`, `a and b`, `a, b and c`.
    package static func list(_ words: [String], _ conjunction: String = "and") -> String {
        guard words.count > 1, let last = words.last else { return words.first ?? "" }
        return words.dropLast().joined(separator: ", ") + " \(conjunction) \(last)"
    }
}
