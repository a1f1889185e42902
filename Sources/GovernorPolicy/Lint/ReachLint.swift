import GovernorCore

/// Lines that another budget keeps everybody from reaching.
extension PolicyLint {
    /// A threshold that holds work back where another budget has done so before.
    func checkReach(of budget: Budget, _ reading: inout Reading) {
        let limit = ([budget.limit] + budget.overrides.map(\.limit)).map(\.value).min() ?? budget.limit.value
        var known: [Bound]?
        for threshold in budget.thresholds
        where threshold.measure == .spent && threshold.actions.governs && threshold.ratio <= .percent(100) {
            let needed = Int128(limit) * Int128(threshold.ratio.partsPerMillion)
            let bounds =
                known
                ?? bounds(
                    on: budget.matcher, per: budget.per, schedule: budget.schedule, window: budget.window,
                    unit: budget.limit.unit, upTo: Int128(limit), except: budget.name)
            known = bounds
            // A pause leaves running work to pass it, and a stop further up ends that.
            let stricter = bounds.filter {
                needed > $0.amount * 1_000_000 && (!threshold.actions.stop || $0.ceiling.threshold.actions.stop)
            }
            .min { $0.amount < $1.amount }
            guard let stricter else { continue }
            let share = Limit(unit: budget.limit.unit, value: Int64(clamping: needed / 1_000_000))
            reading.warning(
                "\(threshold.ratio.percentText) of \(budget.name) (\(Saying.amount(share))) is never reached, since "
                    + text(of: stricter, in: stretch(budget.window)), at: place(of: threshold, budget),
                hint: "make that \(text(of: stricter.amount, budget.limit.unit)) or less, or raise "
                    + stricter.ceiling.budget.name)
            return
        }
    }

    /// A rule about more dollars than any budget lets through.
    func checkReach(of rule: Rule, _ reading: inout Reading) {
        let over: Span
        let needed: Int128
        let line: String
        switch rule.condition {
        case .burnRate(let rate):
            over = rate.over
            needed = Int128(rate.above.nanodollars) * Int128(rate.over.milliseconds) / 3_600_000
            line = "\(Saying.amount(rate.above)) an hour over \(rate.over.text)"
        case .anomaly(let anomaly):
            over = anomaly.over
            // From there on it fires, above it the other does.
            needed = Int128(anomaly.minimum.nanodollars) - 1
            line = "min_usd of \(Saying.amount(anomaly.minimum)) in \(anomaly.over.text)"
        default: return
        }
        let bound = bounds(
            on: rule.matcher, per: rule.per, schedule: rule.schedule, window: .rolling(over), unit: .usd, upTo: needed,
            except: nil
        )
        .min { $0.amount < $1.amount }
        guard let bound, needed >= bound.amount else { return }
        reading.warning(
            "the \(line) of \(rule.name) is never reached, since \(text(of: bound, in: over.text))",
            at: place(of: rule.name),
            hint: "lower that line, or raise \(bound.ceiling.budget.name)")
    }

    /// The most that may be spent, and which budget sees to that.
    private struct Bound {
        var ceiling: Ceiling
        var windows: Int64
        var amount: Int128
    }

    /// - Parameter most: what lets more through in one window is of no interest.
    private func bounds(
        on matcher: Matcher, per keys: [LabelKey], schedule: Schedule?, window: Window, unit: Limit.Unit,
        upTo most: Int128, except name: String?
    ) -> [Bound] {
        ceilings.compactMap { ceiling in
            guard ceiling.amount <= most, ceiling.budget.limit.unit == unit, ceiling.budget.name != name,
                ceiling.covers(matcher, per: keys, schedule: schedule), let windows = ceiling.windows(within: window)
            else { return nil }
            return Bound(ceiling: ceiling, windows: windows, amount: ceiling.amount * Int128(windows))
        }
    }

    /// `worker-day pauses at $25.00 a day, so at most $175.00 pass in a week`.
    private func text(of bound: Bound, in stretch: String) -> String {
        let (budget, threshold) = (bound.ceiling.budget, bound.ceiling.threshold)
        let verb = threshold.actions.stop ? "stops" : "pauses"
        let amount = text(of: bound.ceiling.amount, budget.limit.unit)
        let pauses = "\(budget.name) \(verb) at \(amount) \(Saying.each(budget.window))"
        if bound.windows == 1 { return pauses }
        return "\(pauses), so at most \(text(of: bound.amount, budget.limit.unit)) pass in \(stretch)"
    }

    /// `a week`, `15m`: a stretch of time as a name.
    private func stretch(_ window: Window) -> String {
        switch window {
        case .calendar(let period): (period.unit == .hour ? "an " : "a ") + period.unit.rawValue
        case .block(let span), .rolling(let span): span.text
        case .lifetime: "all"
        }
    }

    private func text(of amount: Int128, _ unit: Limit.Unit) -> String {
        Saying.amount(Limit(unit: unit, value: Int64(clamping: amount)))
    }
}
