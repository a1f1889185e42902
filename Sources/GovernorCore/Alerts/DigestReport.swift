/// What a digest reports, beside its alerts: spend, budgets, top workers and models, change against the week before, and
/// what was held back.
package struct DigestReport: Sendable {
    /// One combination of labels and what it spent.
    package struct Spend: Hashable, Sendable {
        package var labels: Labels
        package var sums: UsageSums

        package init(labels: Labels, sums: UsageSums) {
            self.labels = labels
            self.sums = sums
        }
    }

    package var period: Interval
    package var spend: [Spend]
    /// The same of a stretch as long, a week before; for a weekly digest that is the week before it.
    package var before: [Spend]
    package var book: Book
    /// What `watch` told in the period, in order.
    package var events: [WatchEvent]
    /// When the budgets are looked at.
    package var now: Timestamp

    /// Rows of a part; further ones are counted.
    private static let listed = 5

    package init(
        period: Interval, spend: [Spend], before: [Spend], book: Book, events: [WatchEvent], now: Timestamp
    ) {
        self.period = period
        self.spend = spend
        self.before = before
        self.book = book
        self.events = events
        self.now = now
    }

    /// The stretch that `before` is of.
    package static func weekBefore(_ period: Interval) -> Interval {
        Interval(start: period.start - .days(7), end: period.end - .days(7))
    }

    package var total: UsageSums { Self.sum(spend.map(\.sums)) }

    package var sections: [Message.Section] {
        [spendSection, budgets, top("Workers", .worker), top("Models", .model), heldBack]
    }

    private var spendSection: Message.Section {
        let (now, then) = (total, Self.sum(before.map(\.sums)))
        var rows = [Message.Section.Row("In all", Self.change(now.cost, then.cost))]
        let failed = now.calls - now.success
        rows.append(.init("Calls", "\(now.calls)" + (failed > 0 ? ", \(failed) of them failed" : "")))
        if now.unpriced > 0 { rows.append(.init("Without a price", "\(now.unpriced) calls")) }
        return Message.Section("Spend", rows)
    }

    /// The accounts that are nearest to their limits.
    private var budgets: Message.Section {
        var rows: [(ratio: Ratio, row: Message.Section.Row)] = []
        for (place, budget) in book.policy.budgets.enumerated() {
            let splits = Set(book.accounts[place].keys).union(budget.per.isEmpty ? [.fleet] : [])
            for split in splits where split.isNamed(per: budget.per) {
                let standing = book.standing(of: AccountKey(meter: place, split: split), now: now)
                guard standing.spent > 0 || budget.per.isEmpty else { continue }
                let who = budget.per.isEmpty ? budget.name : "\(budget.name), \(split.who(per: budget.per))"
                let unit = standing.limit.unit
                let spent = unit == .usd ? standing.limit.text(standing.spent) : "\(standing.spent)"
                let value =
                    "\(spent) of \(standing.limit.text) \(ActionText.period(budget.window)), "
                    + "\(standing.ratio.wholePercentText)" + (standing.isPaused ? ", paused" : "")
                rows.append((standing.ratio, .init(Message.clean(who, limit: Message.valueLimit), value)))
            }
        }
        rows.sort { ($1.ratio, $0.row.label) < ($0.ratio, $1.row.label) }
        return Self.section("Budgets", rows.map(\.row), none: "the policy has none", of: "accounts")
    }

    private func top(_ title: String, _ label: LabelName) -> Message.Section {
        let (now, then) = (by(label, spend), by(label, before))
        let rows = now.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { name, cost in
            Message.Section.Row(
                name.isEmpty ? "(no \(label.rawValue))" : Message.clean(name, limit: Message.valueLimit),
                Self.change(cost, then[name] ?? .zero))
        }
        return Self.section("Top \(title.lowercased())", rows, none: "none", of: title.lowercased())
    }

    private func by(_ label: LabelName, _ spend: [Spend]) -> [String: Money] {
        var costs: [String: Money] = [:]
        for part in spend { costs[part.labels[label] ?? "", default: .zero] += part.sums.cost }
        return costs
    }

    private var heldBack: Message.Section {
        let zone = book.policy.zone
        let rows = events.filter { $0.kind == .paused || $0.kind == .stopped || $0.kind == .throttled }.map { event in
            let date = zone.civil(at: event.at).date.text
            return Message.Section.Row(
                "\(date) \(ActionText.clock(event.at, in: zone))",
                "\(event.kind.rawValue): \(Message.clean(event.text, limit: 300))")
        }
        return Self.section("Held back", rows, none: "nobody", of: "times")
    }

    private static func section(
        _ title: String, _ rows: [Message.Section.Row], none: String, of what: String
    ) -> Message.Section {
        guard !rows.isEmpty else { return Message.Section(title, [.init("None", none)]) }
        let more = rows.count - listed
        return Message.Section(title, rows.prefix(listed) + (more > 0 ? [.init("More", "\(more) \(what)")] : []))
    }

    /// `$20.10, up 12% from $17.95 a week before`.
    static func change(_ now: Money, _ then: Money) -> String {
        guard then > .zero else { return "\(now.dollarText), nothing a week before" }
        guard now != then else { return "\(now.dollarText), as a week before" }
        let difference = now > then ? now.nanodollars - then.nanodollars : then.nanodollars - now.nanodollars
        let percent = Ratio(of: difference, in: then.nanodollars).wholePercentText
        return "\(now.dollarText), \(now > then ? "up" : "down") \(percent) from \(then.dollarText) a week before"
    }

    private static func sum(_ parts: [UsageSums]) -> UsageSums {
        var total = UsageSums()
        for part in parts { total.add(part) }
        return total
    }
}

extension Message {
    /// A digest: a report, and the alerts that were gathered.
    package init(
        _ notification: Notification, report: DigestReport, policy: Policy, forecast: String?, now: Timestamp
    ) {
        self.init(notification, policy: policy, forecast: forecast, now: now)
        let date = { (time: Timestamp) in
            "\(policy.zone.civil(at: time).date.text) \(ActionText.clock(time, in: policy.zone))"
        }
        let count = notification.items.count
        let alerts = count == 0 ? "no alerts" : count == 1 ? "one alert" : "\(count) alerts"
        let stretch = report.period.end - report.period.start > .days(2) ? "week" : "day"
        title = "The \(stretch) to \(date(report.period.end)): \(report.total.cost.dollarText) spent, \(alerts)"
        sections = report.sections
        command = "governor report --since \(policy.zone.civil(at: report.period.start).date.text) --by worker,model"
    }
}
