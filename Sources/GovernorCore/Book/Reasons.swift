extension Standing {
    /// Why a budget holds work back.
    package func reason(_ budget: Budget, _ split: Split, kind: Decision.Kind) -> Decision.Reason {
        let who = split.who(per: budget.per)
        let aside = held > 0 ? ", and \(limit.text(held)) is set aside" : ""
        let facts =
            "\(budget.name): \(who) has spent \(limit.text(spent)) of \(limit.text) \(ActionText.period(budget.window))"
            + aside
        let end = goesOn(isFleet: budget.per.isEmpty) {
            $0 == window.end
                ? ActionText.end(of: budget, window) : "at \(ActionText.clock($0, in: budget.zone))"
        }
        let text =
            if let lacksRoomFor {
                "\(facts), so \(limit.text(lacksRoomFor)) more does not fit\(isFullByHolds ? Self.whenHoldsEnd : end)"
            } else if isFullByHolds {
                facts + Self.whenHoldsEnd
            } else if isPaused {
                stop ? "\(facts); running work must stop\(end)" : "\(facts)\(end)"
            } else {
                facts + slowed
            }
        return Decision.Reason(
            item: budget.name, per: budget.per, split: split, kind: kind,
            share: Decision.Reason.Share(spent: spent, held: held, limit: limit),
            resumesAt: isPaused && !isFullByHolds ? until : nil, text: text)
    }

    private static let whenHoldsEnd = "; ask again when work under way has ended"

    /// Why a rule holds work back.
    func reason(_ rule: Rule, _ alert: Alert, kind: Decision.Kind) -> Decision.Reason {
        let end = goesOn(isFleet: rule.per.isEmpty) { "at \(ActionText.clock($0, in: rule.zone))" }
        let what = isPaused ? (stop ? "; running work must stop\(end)" : end) : slowed
        return Decision.Reason(
            item: rule.name, per: rule.per, split: alert.split, kind: kind, share: nil,
            resumesAt: isPaused ? until : nil, text: "\(rule.name): \(alert.text)\(what)")
    }

    /// `; throttled to 4 workers`, `; cheaper models are to be used`.
    private var slowed: String {
        let slower = throttle.map { "; throttled\(ActionText.throttle($0))" } ?? ""
        return slower + (downgrades.isEmpty ? "" : "; cheaper models are to be used")
    }

    private func goesOn(isFleet: Bool, _ moment: (Timestamp) -> String?) -> String {
        guard let until else {
            return awaitsOperator ? "; \(isFleet ? "work" : "it") may go on when an operator resumes it" : ""
        }
        return moment(until).map { "; \(isFleet ? "work" : "it") may go on \($0)" } ?? ""
    }
}
