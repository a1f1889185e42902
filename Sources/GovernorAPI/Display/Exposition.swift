package import GovernorCore

/// Prometheus' text format 0.0.4.
package struct Exposition {
    /// What a metric is, for its `# TYPE` line.
    package enum Kind: String { case gauge, counter }

    /// Series one budget may have; the rest are the ones with the least spend and are left out.
    package static let seriesPerBudget = 1000

    private var lines: [String] = []

    package init() {}

    /// The whole text.
    package var text: String { lines.joined(separator: "\n") + "\n" }

    /// One metric with its samples.
    /// - Parameter samples: label pairs and a value in decimal digits.
    package mutating func metric(
        _ name: String, _ kind: Kind, _ help: String, _ samples: [([(String, String)], String)]
    ) {
        lines.append("# HELP \(name) \(help)")
        lines.append("# TYPE \(name) \(kind.rawValue)")
        for (labels, value) in samples {
            let text = labels.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",")
            lines.append(text.isEmpty ? "\(name) \(value)" : "\(name){\(text)} \(value)")
        }
    }

    /// The gauges of the accounts.
    package mutating func accounts(_ accounts: [AccountView]) {
        let shown = Dictionary(grouping: accounts, by: \.budget.name).values.flatMap { group in
            group.sorted { $0.standing.spent > $1.standing.spent }.prefix(Self.seriesPerBudget)
        }.sorted { ($0.budget.name, $0.split.raw) < ($1.budget.name, $1.split.raw) }
        for unit in [Limit.Unit.usd, .tokens, .calls] {
            let group = shown.filter { $0.budget.limit.unit == unit }
            // Dollars always have their families, so that a scrape is the same shape from the first minute on.
            if group.isEmpty, unit != .usd { continue }
            let value = { (amount: Int64) in unit == .usd ? Money(nanodollars: amount).text : String(amount) }
            let name = "governor_budget_"
            metric(
                "\(name)limit_\(unit.rawValue)", .gauge, "The limit.",
                group.map { (Self.labels($0), value($0.standing.limit.value)) })
            metric(
                "\(name)spent_\(unit.rawValue)", .gauge, "Spent in the current window.",
                group.map { (Self.labels($0), value($0.standing.spent)) })
            metric(
                "\(name)held_\(unit.rawValue)", .gauge, "Set aside for admitted work.",
                group.map { (Self.labels($0), value($0.standing.held)) })
        }
        metric(
            "governor_budget_used_ratio", .gauge, "Spent over limit.",
            shown.map { (Self.labels($0), $0.standing.ratio.text) })
        metric(
            "governor_budget_reset_timestamp_seconds", .gauge, "When the window ends.",
            shown.compactMap { account in
                account.budget.resetsAt(account.standing.window).map {
                    (Self.labels(account), String($0.milliseconds / 1000))
                }
            })
    }

    /// What became of messages, and what fires.
    ///
    /// - Parameters:
    ///   - messages: how many there are by receiver and state. Those that are pending are a gauge of their own: they are
    ///     no end, and a counter must not fall.
    ///   - attempts: attempts by receiver and by why they failed; nil for those that were taken, shown as `delivered`.
    ///   - receivers: the policy's, so that one for which none waits is shown as 0.
    ///   - firing: alerts that fire, by severity; one that none has is shown as 0.
    package mutating func notifications(
        _ messages: [(receiver: String, state: Notification.State, count: Int64)],
        attempts: [(receiver: String, reason: DeliveryFailure.Reason?, count: Int64)], receivers: [String],
        firing: [Alert.Severity: Int64]
    ) {
        metric(
            "governor_notifications_total", .counter, "Messages by how they ended.",
            messages.filter { $0.state != .pending }.map {
                ([("receiver", $0.receiver), ("result", $0.state.rawValue)], String($0.count))
            })
        metric(
            "governor_delivery_attempts_total", .counter, "Attempts at messages by why they failed, or delivered.",
            attempts.map {
                ([("receiver", $0.receiver), ("reason", $0.reason?.rawValue ?? "delivered")], String($0.count))
            })
        let waiting = messages.filter { $0.state == .pending }
        metric(
            "governor_notifications_pending", .gauge, "Messages that wait for an attempt.",
            Set(receivers + waiting.map(\.receiver)).sorted().map { name in
                ([("receiver", name)], String(waiting.first { $0.receiver == name }?.count ?? 0))
            })
        metric(
            "governor_alerts_firing", .gauge, "Alerts that fire.",
            [Alert.Severity.info, .warning, .critical].map {
                ([("severity", $0.rawValue)], String(firing[$0] ?? 0))
            })
    }

    /// What is booked by model, how much of it is a guess, and what free models saved.
    ///
    /// - Parameters:
    ///   - totals: sums of each provider and model over all time.
    ///   - row: the prices that free models are held against; without one nothing is said of savings.
    package mutating func spend(_ totals: [(labels: Labels, sums: UsageSums)], comparedWith row: PriceRow?) {
        let named = totals.map { total in
            (
                labels: [("model", total.labels.model ?? ""), ("provider", total.labels.provider ?? "")],
                sums: total.sums
            )
        }
        metric("governor_cost_usd_total", .counter, "Booked cost.", named.map { ($0.labels, $0.sums.cost.text) })
        metric(
            "governor_unpriced_calls_total", .counter, "Calls of models without a price, booked at another's.",
            named.filter { $0.sums.unpriced > 0 }.map { ($0.labels, String($0.sums.unpriced)) })
        guard let row else { return }
        metric(
            "governor_saved_usd_total", .counter, "What calls of free models would have cost elsewhere.",
            named.compactMap { total in
                let saved = PriceBook.saved(total.sums, at: row)
                return saved > .zero ? (total.labels + [("compared_with", row.model)], saved.text) : nil
            })
    }

    private static func labels(_ account: AccountView) -> [(String, String)] {
        [("budget", account.budget.name)]
            + account.split.labels(per: account.budget.per).map { key, value in
                (String(key.text.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" }), value)
            }
    }

    private static func escaped(_ value: String) -> String {
        var result = ""
        for character in value.unicodeScalars {
            switch character {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }
}
