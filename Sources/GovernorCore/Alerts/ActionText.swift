/// The sentences people read about actions, windows and times; the same in decisions, alerts and `policy check`.
package enum ActionText {
    /// `paused until midnight`, `throttled to 4 workers`, `nothing yet`; what it would have been in observe mode.
    package static func action(
        of actions: Actions, budget: Budget, window: Interval, firedAt: Timestamp, observed: Bool
    ) -> String {
        let who = budget.per.isEmpty ? "the fleet" : "it"
        // Outside its hours a budget holds nothing back.
        let hours = budget.schedule == nil ? "" : " within its hours"
        var parts: [String] = []
        if actions.stop {
            let end = end(of: budget, window).map { ", new work may start \($0)" } ?? ""
            parts.append("stopped \(who)\(hours)\(end)")
        } else if let pause = actions.pause {
            switch pause {
            case .untilReset:
                parts.append(
                    "paused \(who)\(hours)"
                        + (end(of: budget, window).map {
                            " until \($0.hasPrefix("at ") ? String($0.dropFirst(3)) : $0)"
                        } ?? ""))
            case .lasting(let span):
                parts.append("paused \(who) for \(span.text), until \(clock(firedAt + span, in: budget.zone))")
            case .untilResumed: parts.append("paused \(who) until an operator resumes it")
            }
        } else {
            parts += milder(actions, who: who)
        }
        return told(parts, observed: observed)
    }

    /// The same of a rule.
    /// - Parameter heldAt: when its condition was seen to hold.
    package static func action(of rule: Rule, heldAt: Timestamp, observed: Bool) -> String {
        let who = rule.per.isEmpty ? "the fleet" : "it"
        var parts: [String] = []
        if rule.actions.stop {
            parts.append("stopped \(who) while this lasts")
        } else if let pause = rule.actions.pause {
            switch pause {
            case .untilReset: parts.append("paused \(who)")
            case .lasting(let span):
                parts.append(
                    "paused \(who) for \(span.text), until \(clock(heldAt + span, in: rule.zone)), longer while this lasts"
                )
            case .untilResumed: parts.append("paused \(who) until an operator resumes it")
            }
        } else {
            parts += milder(rule.actions, who: who).map { "\($0) while this lasts" }
        }
        return told(parts, observed: observed)
    }

    /// `throttled it to 4 workers`, `asked it to use cheaper models (cheaper)`.
    private static func milder(_ actions: Actions, who: String) -> [String] {
        var parts: [String] = []
        if let throttle = actions.throttle { parts.append("throttled \(who)" + self.throttle(throttle)) }
        if let map = actions.downgrade { parts.append("moved \(who) to cheaper models (\(map.name))") }
        return parts
    }

    private static func told(_ parts: [String], observed: Bool) -> String {
        guard !parts.isEmpty else { return "nothing yet; this is a warning" }
        let text = parts.joined(separator: ", ")
        return observed ? "nothing, it only observes; it would have \(text)" : text
    }

    /// ` to 4 workers`, ` by a delay of 1m`.
    package static func throttle(_ throttle: Throttle) -> String {
        let workers = throttle.maxWorkers.map { " to \($0) \($0 == 1 ? "worker" : "workers")" } ?? ""
        let delay = throttle.delay.map { " by a delay of \($0.text)" } ?? ""
        return workers + (workers.isEmpty || delay.isEmpty ? "" : " and") + delay
    }

    /// `today`, `this month`, `in the last 1h`, `in this block of 5h`, `in all`.
    package static func period(_ window: Window) -> String {
        switch window {
        case .calendar(let period): period == .day ? "today" : "this \(period.unit.rawValue)"
        case .rolling(let span): "in the last \(span.text)"
        case .block(let span): "in this block of \(span.text)"
        case .lifetime: "in all"
        }
    }

    /// `at midnight`, `at 14:00`, `on 2026-12-01 at 00:00`; nil when the window has no end of its own.
    package static func end(of budget: Budget, _ window: Interval) -> String? {
        guard window.end != .distantFuture else { return nil }
        let date = "on \(budget.zone.civil(at: window.end).date.text) at \(clock(window.end, in: budget.zone))"
        switch budget.window {
        case .calendar(.day): return "at midnight"
        case .calendar(let period):
            return period.unit == .hour || period.unit == .day ? "at \(clock(window.end, in: budget.zone))" : date
        case .block: return "at \(clock(window.end, in: budget.zone))"
        case .rolling, .lifetime: return nil
        }
    }

    /// `by midnight`, `by 2026-12-01`: when a forecast is for.
    package static func by(_ budget: Budget, _ window: Interval) -> String {
        switch budget.window {
        case .calendar(.day): "by midnight"
        default: "by \(budget.zone.civil(at: window.end).date.text)"
        }
    }

    /// `14:05`, by the zone's clock.
    package static func clock(_ time: Timestamp, in zone: Zone) -> String {
        let minutes = zone.civil(at: time).millisecondOfDay / 60_000
        return "\(padded(minutes / 60, 2)):\(padded(minutes % 60, 2))"
    }
}
