import GovernorAPI
import GovernorCore
import GovernorLedger
import Logging

/// Makes the forecast of the fleet's spend from what is committed.
struct Forecaster: Sendable {
    let governor: Governor
    let logger: Logger

    /// Days of history a forecast looks back on.
    static let historyDays: Int64 = 84

    /// Makes it anew unless the last is younger than `age`; call it before showing one.
    func refresh(ifOlderThan age: Span = .zero) {
        let now = governor.clock()
        let (book, madeAt) = governor.read { ($0.book, $0.forecastAt) }
        guard now - madeAt >= age || madeAt > now else { return }
        do {
            let spend = try governor.ledger.spend(since: Self.start(book.policy.zone, now))
            let forecast = Self.forecast(book, spend, now: now)
            governor.update { hot in
                hot.forecast = forecast
                hot.forecastAt = now
            }
        } catch { logger.error("the forecast could not be made", metadata: ["error": "\(error)"]) }
    }

    private static func start(_ zone: Zone, _ now: Timestamp) -> Timestamp {
        let today = zone.civil(at: now).date.daysSinceEpoch
        return zone.start(of: CivilDate(daysSinceEpoch: today - historyDays))
    }

    /// For the window of the fleet-wide dollar budget with the longest one, else for the calendar month.
    static func forecast(_ book: Book, _ spend: [(time: Timestamp, cost: Money)], now: Timestamp) -> FleetForecast? {
        let policy = book.policy
        let candidates = policy.budgets.indices.filter { index in
            guard case .calendar = policy.budgets[index].window else { return false }
            let budget = policy.budgets[index]
            return budget.per.isEmpty && budget.matcher == .all && budget.schedule == nil && budget.limit.unit == .usd
        }
        let length = { (index: Int) in
            let window = book.window(of: AccountKey(meter: index, split: .fleet), at: now)
            return (window.end - window.start).milliseconds
        }
        let chosen = candidates.max { length($0) < length($1) }
        let window = chosen.map { book.window(of: AccountKey(meter: $0, split: .fleet), at: now) }
        let standing = chosen.map { book.standing(of: AccountKey(meter: $0, split: .fleet), now: now) }
        let forecast = Forecast.make(
            history: history(spend, policy.zone, now),
            window: window ?? Window.CalendarUnit.month.interval(containing: now, in: policy.zone),
            spent: standing.map { Money(nanodollars: $0.spent) },
            limit: standing.map { Money(nanodollars: $0.limit.value) }, now: now, zone: policy.zone)
        return forecast.map { FleetForecast(budget: chosen.map { policy.budgets[$0].name }, forecast: $0) }
    }

    /// Spend by day of the zone, today last.
    private static func history(_ spend: [(time: Timestamp, cost: Money)], _ zone: Zone, _ now: Timestamp) -> DailySpend
    {
        let first = zone.civil(at: now).date.daysSinceEpoch - historyDays
        var totals = [Money](repeating: .zero, count: Int(historyDays) + 1)
        for (time, cost) in spend {
            let day = Int(zone.civil(at: time).date.daysSinceEpoch - first)
            if totals.indices.contains(day) { totals[day] += cost }
        }
        return DailySpend(firstDay: CivilDate(daysSinceEpoch: first), totals: totals)
    }
}
