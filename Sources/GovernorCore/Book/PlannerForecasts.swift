extension Planner {
    /// Holds every forecast threshold against where its spend is heading.
    mutating func evaluateForecasts() {
        for (place, budget) in policy.budgets.enumerated() {
            guard let history = book.metering.forecasts[place] else { continue }
            // The fleet's own heads somewhere before anything is spent in the window.
            let splits = Set(splits(of: place)).union(budget.per.isEmpty ? [.fleet] : [])
            for split in splits.sorted(by: { $0.raw < $1.raw }) {
                evaluateForecast(budget, AccountKey(meter: place, split: split), history)
            }
        }
    }

    private mutating func evaluateForecast(_ budget: Budget, _ key: AccountKey, _ history: Int) {
        let before = account(key)
        var account = before
        let limit = limit(of: key.meter).limit
        let window = book.slot(of: key.meter, containing: now, in: nil)
        let spent = limit.measure(account.spent(at: now, window: budget.window))
        let days = self.account(AccountKey(meter: history, split: key.split))
        let forecast = Forecast.make(
            history: DailySpend(days, limit: limit, zone: budget.zone, now: now), window: window,
            spent: Money(nanodollars: spent), limit: Money(nanodollars: limit.value), now: now, zone: budget.zone)
        for threshold in budget.thresholds(for: key.split) where threshold.measure == .forecast {
            let value = forecast.map {
                threshold.actions.pause == nil && !threshold.actions.stop ? $0.expected : $0.high
            }
            let reached = value.map { threshold.ratio.isReached(by: $0.nanodollars, of: limit.value) } ?? false
            let text = value.map { value in
                "\(key.split.who(per: budget.per)) is heading for \(limit.text(value.nanodollars)) "
                    + "\(ActionText.by(budget, window)), "
                    + "\(Ratio(of: value.nanodollars, in: limit.value).wholePercentText) of \(limit.text)"
            }
            let found = Crossed(
                threshold: threshold, window: window, spent: spent, isReached: reached, text: text ?? "")
            step(found, budget, key, &account)
        }
        if account != before { plan.accounts[key] = account }
    }
}

extension DailySpend {
    /// What an account holds by local days, in the limit's unit; `Money` here is any unit's number.
    package init(_ account: Account, limit: Limit, zone: Zone, now: Timestamp) {
        let today = zone.civil(at: now).date.daysSinceEpoch
        let first = today - Int64(Self.longest)
        var totals = [Money](repeating: .zero, count: Self.longest + 1)
        for slot in account.slots {
            let day = zone.civil(at: slot.interval.start).date.daysSinceEpoch - first
            if totals.indices.contains(Int(clamping: day)) {
                totals[Int(clamping: day)] += Money(nanodollars: limit.measure(slot.amount))
            }
        }
        self.init(firstDay: CivilDate(daysSinceEpoch: first), totals: totals)
    }
}
