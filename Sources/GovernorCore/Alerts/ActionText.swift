/// The sentences people read about actions, windows and times; the same in decisions, alerts and `policy check`.
package enum ActionText {
    /// `paused until midnight`, `throttled to 4 workers`, `nothing yet`; what it would have been in observe mode.
    package static func action(
        of threshold: Threshold, budget: Budget, window: Interval, firedAt: Timestamp, observed: Bool
    ) -> String {
        let who = budget.per.isEmpty ? "the fleet" : "it"
        var parts: [String] = []
        if threshold.stop {
            parts.append("stopped \(who)" + (end(of: budget, window).map { ", new work may start \($0)" } ?? ""))
        } else if let pause = threshold.pause {
            switch pause {
            case .untilReset:
                parts.append(
                    "paused \(who)"
                        + (end(of: budget, window).map {
                            " until \($0.hasPrefix("at ") ? String($0.dropFirst(3)) : $0)"
                        } ?? ""))
            case .lasting(let span):
                parts.append("paused \(who) for \(span.text), until \(clock(firedAt + span, in: budget.zone))")
            }
        } else if let throttle = threshold.throttle {
            parts.append("throttled \(who)" + self.throttle(throttle))
        }
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

    /// `today`, `this month`, `in the last 1h`, `in all`.
    package static func period(_ window: Window) -> String {
        switch window {
        case .calendar(.day): "today"
        case .calendar(let unit): "this \(unit.rawValue)"
        case .rolling(let span): "in the last \(span.text)"
        case .lifetime: "in all"
        }
    }

    /// `at midnight`, `at 14:00`, `on 2026-12-01 at 00:00`; nil when the window has no end of its own.
    package static func end(of budget: Budget, _ window: Interval) -> String? {
        guard case .calendar(let unit) = budget.window, window.end != .distantFuture else { return nil }
        switch unit {
        case .hour: return "at \(clock(window.end, in: budget.zone))"
        case .day: return "at midnight"
        case .week, .month, .quarter, .year:
            return "on \(budget.zone.civil(at: window.end).date.text) at \(clock(window.end, in: budget.zone))"
        }
    }

    /// `14:05`, by the zone's clock.
    package static func clock(_ time: Timestamp, in zone: Zone) -> String {
        let minutes = zone.civil(at: time).millisecondOfDay / 60_000
        return "\(padded(minutes / 60, 2)):\(padded(minutes % 60, 2))"
    }
}
