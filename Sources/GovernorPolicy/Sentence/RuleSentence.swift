package import GovernorCore

extension PolicySentence {
    /// `hot-worker: when a worker spends more than $12.00 an hour, averaged over 15m, for at least 5m, tell ops`.
    package static func sentence(for rule: Rule, in policy: Policy) -> String {
        var phrases = rule.actions.isEmpty ? [] : ActionPhrase.phrases(rule, in: policy)
        if case .unpricedModel(let unpriced) = rule.condition {
            let price = unpriced.priceAs.map { "price of \($0)" } ?? "dearest price of its provider"
            phrases.append("book its calls at the \(price)")
        }
        if phrases.isEmpty { phrases = ["do nothing"] }
        let schedule = rule.schedule == nil ? "" : ", \(Saying.clock(rule.zone))"
        let counting = Saying.counting(rule.matcher, rule.schedule) + schedule
        var sentence = "\(rule.name): when \(condition(of: rule))\(counting), \(ActionPhrase.joined(phrases))"
        if rule.keepFiringFor != Rule.keepFiringFor {
            sentence += "; it ends once that has been over for \(rule.keepFiringFor.text)"
        }
        if rule.mode == .observe || policy.mode == .observe {
            sentence += rule.actions.governs ? "; it only observes, so nothing is held back" : "; it only observes"
        }
        return sentence
    }

    private static func condition(of rule: Rule) -> String {
        let who = Saying.one(rule.per)
        let lasting = rule.hold > .zero ? ", for at least \(rule.hold.text)" : ""
        switch rule.condition {
        case .burnRate(let rate):
            return
                "\(who) spends more than \(Saying.amount(rate.above)) an hour, averaged over \(rate.over.text)\(lasting)"
        case .budgetBurn(let burn): return self.burn(burn, who) + lasting
        case .anomaly(let anomaly):
            let atLeast = anomaly.minimum > .zero ? ", and at least \(Saying.amount(anomaly.minimum))" : ""
            return "\(who) spends within \(anomaly.over.text) \(times(anomaly.above)) or more what the last "
                + "\(anomaly.baseline.text) make usual for that time\(atLeast)\(lasting)"
        case .errors(let errors):
            let kinds = errors.kinds.isEmpty ? "" : " with \(Quoting.list(errors.kinds.map(\.pattern), "or"))"
            return errors.count == 1
                ? "a call of \(who) fails\(kinds)\(lasting)"
                : "\(errors.count) calls in a row of \(who) fail\(kinds) within \(errors.within.text)\(lasting)"
        case .noData(let silent):
            let known = rule.per.isEmpty ? who : "\(who) that was heard of in the last \(NoData.removedAfter.text)"
            return "\(known) is silent for \(silent.after.text)"
        case .unpricedModel: return "a model without a price is used\(lasting)"
        case .concentration(let share): return concentration(share) + lasting
        case .savings(let savings):
            let saver = rule.per.isEmpty ? "" : " of \(who)"
            return "calls\(saver) of free models have saved \(Saying.amount(savings.above)) or more in "
                + "\(Saying.each(savings.window)), \(Saying.clock(rule.zone)), at \(savings.at.model) prices\(lasting)"
        }
    }

    /// `the fleet spends fleet-month at more than 14.4 times its even pace over both 1h and 5m (2% of it in 1h), or 6 times …`.
    private static func burn(_ burn: BudgetBurn, _ who: String) -> String {
        let period = BudgetBurn.period(of: burn.window)
        let lines = BudgetBurn.pairs(of: burn.window).filter { $0.isOfUse(period: period) }.map { pair in
            let factor = DecimalText.roundedQuotient(
                Int128(period.milliseconds) * 100, max(1, Int128(pair.part) * Int128(pair.long.milliseconds)))
            return "at more than \(DecimalText.text(Int64(clamping: factor), places: 2)) times its even pace over both "
                + "\(pair.long.text) and \(pair.short.text) (\(pair.share) of it in \(pair.long.text))"
        }
        return "\(who) spends \(burn.budget) "
            + (lines.isEmpty ? "too fast, which its window is too short to tell" : lines.joined(separator: ", or "))
    }

    /// `one provider has more than 70% of the cost of the last 30d, of at least 5 calls`.
    private static func concentration(_ rule: Concentration) -> String {
        let what =
            switch rule.of {
            case .usd: "cost"
            case .tokens: "tokens"
            case .calls: "calls"
            }
        let by = Saying.noun(rule.by)
        let over = "the \(what) of the last \(rule.over.text)"
        let share = rule.above.map { "one \(by) has more than \($0.percentText) of \(over)" }
        let index = rule.aboveHHI.map {
            "the \(by)s' shares of \(share == nil ? over : "it") are so uneven that their HHI is above \($0.text)"
        }
        let lines = [share, index].compactMap { $0 }.joined(separator: ", or ")
        return lines + (rule.minCalls > 1 ? ", out of at least \(rule.minCalls) calls" : "")
    }

    /// `3 times`, `1.5 times`.
    private static func times(_ ratio: Ratio) -> String { "\(ratio.text) times" }
}
