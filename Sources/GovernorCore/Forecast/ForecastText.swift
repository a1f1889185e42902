extension Forecast {
    /// One line for messages, with the day the window ends on by the zone's clock:
    /// `forecast for 30 November: $640.20 (80%: $510 to $900), 37% likely to pass $2,000.00`.
    package func text(_ zone: Zone) -> String {
        let head = "forecast for \(endText(zone)): "
        guard method != "no history" else {
            return head + "none yet, nothing was spent in the last \(DailySpend.longest) days"
        }
        return head + "\(Self.amount(expected)) (80%: \(Self.rough(low)) to \(Self.rough(high)))" + limitText
    }

    private var limitText: String {
        guard let limit, let probabilityOver else { return "" }
        let amount = Self.amount(limit)
        guard spent < limit else { return spent == limit ? ", \(amount) is reached" : ", already past \(amount)" }
        let percent = Int((probabilityOver * 100).rounded())
        // Never quite sure: a forecast that says 0% or 100% is read as a promise.
        let odds = percent < 1 ? "less than 1%" : percent > 99 ? "more than 99%" : "\(percent)%"
        return ", \(odds) likely to pass \(amount)"
    }

    /// The last day of the window, with the year when it isn't this one; the hour when it ends inside a day.
    private func endText(_ zone: Zone) -> String {
        let end = zone.civil(at: window.end)
        let last = zone.civil(at: window.end - Span(milliseconds: 1)).date
        let year = last.year == zone.civil(at: at).date.year ? "" : " \(last.year)"
        let clock = end.date == last ? " \(ActionText.clock(window.end, in: zone))" : ""
        return "\(last.day) \(Self.months[Int(last.month - 1)])\(year)\(clock)"
    }

    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]

    /// `$2,000.00`: thousands apart, since forecasts are read at a glance.
    private static func amount(_ money: Money) -> String { grouped(money.dollarText) }

    /// An end of the interval; cents from $100 on would promise what it can't keep.
    private static func rough(_ money: Money) -> String {
        guard money.nanodollars >= 100_000_000_000 else { return amount(money) }
        let dollars = DecimalText.roundedQuotient(Int128(money.nanodollars), 1_000_000_000)
        return grouped("$\(dollars)")
    }

    private static func grouped(_ text: String) -> String {
        let whole = text.prefix { $0 != "." }
        let digits = whole.drop { !$0.isNumber }
        let groups = digits.enumerated().map { place, digit in
            let left = digits.count - place
            return left % 3 == 0 && place > 0 ? ",\(digit)" : "\(digit)"
        }
        return whole.prefix(whole.count - digits.count) + groups.joined() + text.dropFirst(whole.count)
    }
}
