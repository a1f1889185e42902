import GovernorCore

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
