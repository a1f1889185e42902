package import GovernorCore

/// The body of `GET /feed`: the fleet at a glance in under 512 bytes, whatever its size.
package struct FeedBody: Hashable, Sendable {
    package enum State: String, Sendable { case ok, warn, pause }

    /// The account with the highest ratio of all.
    package struct Worst: Hashable, Sendable {
        package var budget: String
        package var who: String
        package var ratio: Ratio
        package var left: Int64
        package var unit: Limit.Unit
        package var resets: Timestamp?
    }

    package var at: Timestamp
    package var today: Money
    package var month: Money
    package var forecast: Money
    package var limit: Money
    package var used: Ratio
    /// Dollars spent in the last hour.
    package var burn: Money
    package var state: State
    /// Distinct splits that are paused.
    package var paused: Int64
    /// Alerts that fire.
    package var alerts: Int64
    /// Calls today whose cost is a guess, since their model has no price; shown where there are any.
    package var unpriced: Int64
    package var worst: Worst?

    /// - Parameters:
    ///   - accounts: every account of the policy.
    ///   - paused: whoever is paused, by a budget or a rule.
    ///   - unpriced: calls of today whose model has no price.
    package init(
        at: Timestamp, today: Money, month: Money, burn: Money, forecast: Forecast?, accounts: [AccountView],
        paused: [PauseView], alerts: Int64, unpriced: Int64 = 0
    ) {
        self.at = at
        self.today = today
        self.month = month
        self.burn = burn
        self.alerts = alerts
        self.unpriced = unpriced
        let fleet = accounts.filter { $0.isWholeFleet }.max { $0.windowLength < $1.windowLength }
        limit = fleet.map { Money(nanodollars: $0.standing.limit.value) } ?? .zero
        used = fleet?.standing.ratio ?? Ratio(partsPerMillion: 0)
        self.forecast = forecast?.expected ?? .zero
        self.paused = Int64(Set(paused.map { "\($0.per.map(\.text))|\($0.split.raw)" }).count)
        let isWarned = alerts > 0 || accounts.contains { $0.standing.state != .ok }
        state = !paused.isEmpty ? .pause : isWarned ? .warn : .ok
        // A pot without a name is nobody's, so it can't be the worst.
        worst = accounts.filter { $0.split.raw.isEmpty == $0.budget.per.isEmpty }.max {
            $0.standing.ratio < $1.standing.ratio
        }.map { account in
            Worst(
                budget: account.budget.name, who: account.split.who(per: account.budget.per),
                ratio: account.standing.ratio,
                left: max(0, account.standing.remaining), unit: account.standing.limit.unit,
                resets: account.budget.resetsAt(account.standing.window))
        }
    }

    /// `{"v":1,"t":…,…}`
    package var body: [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.field("v", 1)
            json.field("t", at.milliseconds / 1000)
            json.field("today", four: today)
            json.field("month", four: month)
            json.field("forecast", four: forecast)
            json.field("limit", four: limit)
            json.field("used", four: used)
            json.field("burn", four: burn)
            json.field("state", state.rawValue)
            json.field("paused", paused)
            json.field("alerts", alerts)
            // More digits than a display has room for say nothing more.
            if unpriced > 0 { json.field("unpriced", min(unpriced, 999_999)) }
            json.key("worst")
            guard let worst else { return json.object { _ in } }
            json.object { json in
                json.field("name", worst.budget.cut(toBytes: 64))
                // Escapes can make a byte six: half of what is left holds any name.
                json.field("who", worst.who.cut(toBytes: 20))
                json.field("used", four: worst.ratio)
                if worst.unit == .usd {
                    json.field("left", four: Money(nanodollars: worst.left))
                } else {
                    json.field("left", worst.left)
                }
                json.field("resets", (worst.resets?.milliseconds ?? 0) / 1000)
            }
        }
        return json.bytes
    }
}

extension AccountView {
    /// A dollar budget over all there is.
    package var isWholeFleet: Bool {
        budget.per.isEmpty && budget.matcher == .all && budget.schedule == nil && budget.limit.unit == .usd
    }

    /// For telling which window is the longest; a lifetime is longer than any.
    package var windowLength: Int64 {
        switch budget.window {
        case .lifetime: .max
        case .rolling(let span), .block(let span): span.milliseconds
        case .calendar: (standing.window.end - standing.window.start).milliseconds
        }
    }
}

extension JSONWriter {
    fileprivate mutating func field(_ name: String, four money: Money) {
        key(name)
        number(money.fourPlaces)
    }

    fileprivate mutating func field(_ name: String, four ratio: Ratio) {
        key(name)
        let rounded = DecimalText.roundedQuotient(Int128(ratio.partsPerMillion), 100)
        number(DecimalText.text(Int64(clamping: rounded), places: 4, atLeast: 4))
    }
}
