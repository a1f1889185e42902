/// A budget spent faster than its window lasts: over a long stretch of time and a short one at once, so that it is told
/// early and clears soon (Google SRE Workbook, "Alerting on SLOs", multi-window multi-burn-rate).
package struct BudgetBurn: Hashable, Sendable {
    /// The budget's name.
    package var budget: String
    package var window: Window

    package init(budget: String, window: Window) {
        self.budget = budget
        self.window = window
    }
}

extension BudgetBurn {
    /// Two stretches of time that are looked at together.
    package struct Pair: Hashable, Sendable {
        /// The part of the budget that may go within the long one: a 50th for 2%, a 20th for 5%.
        package var part: Int64
        package var long: Span
        package var short: Span

        /// `2%`.
        package var share: String { "\(100 / part)%" }

        /// How fast its line is, as a multiple of the pace at which the budget lasts its whole window: the workbook's burn
        /// rate, from the stretch that is really used. 14.4 for 2% of a month in an hour; 1.92 for 2% of a day in 15 m.
        package func factor(period: Span) -> Double {
            Double(period.milliseconds) / (Double(part) * Double(long.milliseconds))
        }

        /// Whether its line is at least the pace at which the budget lasts. Below that it would tell of spend that is
        /// just as planned: 2% of five hours in 15 m is a budget that lasts twelve and a half.
        package func isOfUse(period: Span) -> Bool {
            Int128(period.milliseconds) >= Int128(part) * Int128(long.milliseconds)
        }
    }

    /// How long the budget's window is, months and years by their usual number of days; zero for a lifetime, which can't
    /// be spent too fast.
    package static func period(of window: Window) -> Span {
        switch window {
        case .calendar(let period):
            switch period.unit {
            case .hour: .hours(1)
            case .day: .days(1)
            case .week: .days(7)
            case .month: .days(30)
            case .quarter: .days(90)
            case .year: .days(365)
            }
        case .rolling(let span), .block(let span): span
        case .lifetime: .zero
        }
    }

    /// Both pairs of a window, also one that is of no use.
    ///
    /// 2% of it in a 720th and 5% in a 120th, each held against a twelfth of that too, which are the workbook's hour, six
    /// hours, five and thirty minutes of thirty days. Never shorter than a quarter of an hour and a minute: in less, one
    /// dear call is all there is. There the share stays and the factor falls.
    package static func pairs(of window: Window) -> [Pair] {
        let period = period(of: window).milliseconds
        return [(part: 50, long: 720), (part: 20, long: 120)].map { line in
            Pair(
                part: line.part, long: max(.minutes(15), Span(milliseconds: period / line.long)),
                short: max(.minutes(1), Span(milliseconds: period / (line.long * 12))))
        }
    }
}

extension BudgetBurn: RuleKind {
    package static let keyword = "budget_burn"
    package static let summary = """
        A budget that goes much faster than its window lasts: 2% of it within a 720th of the window or 5% within a \
        120th, and just as fast in the last twelfth of that. It tells of a runaway within minutes, and stops as soon as \
        the runaway does.
        """

    package func meters(of rule: Rule) -> [Meter] {
        Self.pairs(of: window).flatMap { pair in
            [
                Meter(of: rule, "\(pair.share)/long", slots: .window(.rolling(pair.long))),
                Meter(of: rule, "\(pair.share)/short", slots: .window(.rolling(pair.short))),
            ]
        }
    }

    package func finding(of split: Split, in view: RuleView, now: Timestamp) -> Finding {
        guard let limit = view.budget(budget)?.limit else { return .no(now) }
        let period = Self.period(of: window)
        for (number, pair) in Self.pairs(of: window).enumerated() where pair.isOfUse(period: period) {
            let long = limit.measure(view.spent(number * 2, split, at: now))
            let short = limit.measure(view.spent(number * 2 + 1, split, at: now))
            if pair.isExceeded(long: long, short: short, of: limit.value) {
                return finding(pair, spent: long, limit: limit, who: view.who(split), now: now)
            }
        }
        return .no(now)
    }

    private func finding(_ pair: Pair, spent: Int64, limit: Limit, who: String, now: Timestamp) -> Finding {
        // Above the exact line exactly when above this one, since amounts are whole.
        let line = limit.value / pair.part
        let period = Int128(Self.period(of: window).milliseconds)
        // Tenths; how many times the pace at which the limit lasts the window.
        let pace = DecimalText.roundedQuotient(
            Int128(spent) * period, max(1, Int128(limit.value) * Int128(pair.long.milliseconds) / 10))
        let lasts = Span(
            milliseconds: Int64(clamping: Int128(limit.value) * Int128(pair.long.milliseconds) / max(1, Int128(spent))))
        return Finding(
            holds: true, asOf: now,
            text: "\(who) burns \(budget) \(DecimalText.text(Int64(clamping: pace), places: 1)) times too fast: "
                + "\(limit.text(spent)) in the last \(pair.long.text) (line \(limit.text(line))); at this pace "
                + "\(limit.text) would last \(lasts.text)",
            value: spent, limit: Limit(unit: limit.unit, value: line))
    }
}

extension BudgetBurn.Pair {
    /// Whether spend over both stretches is above factor × limit × stretch / period, compared without rounding. The factor
    /// is period / (part × long), so the lines are limit / part and limit / part × short / long.
    fileprivate func isExceeded(long spentLong: Int64, short spentShort: Int64, of limit: Int64) -> Bool {
        Int128(spentLong) * Int128(part) > Int128(limit)
            && Int128(spentShort) * Int128(part) * Int128(long.milliseconds) > Int128(limit)
                * Int128(short.milliseconds)
    }
}
