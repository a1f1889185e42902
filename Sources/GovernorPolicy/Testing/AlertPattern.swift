import GovernorCore

/// An alert as a test names it: `worker-day@80%`, `fleet-month@forecast110%`, a rule's name; with
/// `{project=web, user=ada}` behind it only that split's.
struct AlertPattern {
    /// As it was written.
    var text: String
    var item: String
    /// `80%`, `forecast110%`; empty for a rule.
    var threshold: String
    var labels: [(key: LabelKey, value: String)]

    func matches(_ alert: Alert) -> Bool {
        guard alert.item == item, alert.threshold == threshold else { return false }
        let values = alert.split.labels(per: alert.per)
        return labels.allSatisfy { label in values.contains { $0.key == label.key && $0.value == label.value } }
    }

    /// What is wrong with it under that policy: a name or threshold that isn't there never fires.
    func check(_ policy: Policy, at place: Place, _ reading: inout Reading) {
        let rules = policy.rules.map(\.name)
        if let budget = policy.budgets.first(where: { $0.name == item }) {
            let labels = budget.thresholds.map(\.label)
            if !labels.contains(threshold) {
                let names = labels.map { "\(item)@\($0)" }
                reading.error(
                    threshold.isEmpty
                        ? "\(Quoting.quoted(item)) is a budget, and this names none of its thresholds"
                        : "the budget \(Quoting.quoted(item)) has no threshold \(threshold)", at: place,
                    hint: names.isEmpty ? "it has none at all" : "it has \(Quoting.list(names))")
            }
            checkLabels(of: budget.per, at: place, &reading)
        } else if let rule = policy.rules.first(where: { $0.name == item }) {
            if !threshold.isEmpty {
                reading.error("the rule \(Quoting.quoted(item)) has no thresholds", at: place, hint: "write \(item)")
            }
            checkLabels(of: rule.per, at: place, &reading)
        } else {
            reading.errorUnknownItem(item, among: policy.budgets.map(\.name) + rules, "budget or rule", at: place)
        }
    }

    private func checkLabels(of per: [LabelKey], at place: Place, _ reading: inout Reading) {
        for label in labels where !per.contains(label.key) {
            let split = per.isEmpty ? "it is for the fleet as one" : "it is per \(Quoting.list(per.map(\.text)))"
            reading.error(
                "\(Quoting.quoted(item)) is not split by \(label.key.text)", at: place, hint: split)
        }
    }
}

extension Reading {
    /// - Parameter noun: what it would have to be: `budget or rule`.
    mutating func errorUnknownItem(_ name: String, among names: [String], _ noun: String, at place: Place) {
        let all = names.isEmpty ? "it has none" : "it has \(Quoting.list(names))"
        error(
            "the policy has no \(noun) \(Quoting.quoted(name))", at: place,
            hint: Spelling.hint(for: name, among: names) ?? all)
    }
}

extension Reader where Value == AlertPattern {
    static var alertPattern: Reader {
        .text("an alert's name", .scalar(pattern: "")) { text, place, reading in
            func refuse(_ hint: String) -> AlertPattern? {
                reading.error("\(Quoting.quoted(text)) is not an alert's name", at: place, hint: hint)
                return nil
            }
            let opening = text.firstIndex(of: "{") ?? text.endIndex
            var labels: [(key: LabelKey, value: String)] = []
            if opening < text.endIndex {
                guard text.hasSuffix("}") else { return refuse("end its labels with \"}\"") }
                let inside = text[text.index(after: opening)...].dropLast()
                guard let read = Self.labels(inside, at: place, &reading) else { return nil }
                labels = read
            }
            let parts = text[..<opening].split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts.first ?? "")
            guard Name.isValid(name) else {
                return refuse(
                    "it is budget@80%, budget@forecast110% or a rule's name, with {worker=w-1} where it matters")
            }
            var threshold = ""
            if parts.count == 2 {
                let isForecast = parts[1].hasPrefix("forecast")
                let share = parts[1].dropFirst(isForecast ? "forecast".count : 0).drop { $0 == " " }
                guard let ratio = Reader<Ratio>.percent(String(share)) else {
                    return refuse("a threshold is written as 80% or forecast110%")
                }
                threshold = (isForecast ? "forecast" : "") + ratio.percentText
            }
            return AlertPattern(text: text, item: name, threshold: threshold, labels: labels)
        }
    }

    /// `worker=w-07`, `project=web, user=ada`; a value may hold commas.
    private static func labels(
        _ text: Substring, at place: Place, _ reading: inout Reading
    ) -> [(key: LabelKey, value: String)]? {
        var pairs: [(key: String, value: String)] = []
        for piece in text.split(separator: ",", omittingEmptySubsequences: false) {
            if let equals = piece.firstIndex(of: "=") {
                let key = piece[..<equals].drop { $0 == " " }
                pairs.append((String(key), String(piece[piece.index(after: equals)...])))
            } else if pairs.isEmpty {
                reading.error(
                    "\(Quoting.quoted(String(piece))) is not a label and its value", at: place,
                    hint: "write it as worker=w-1")
                return nil
            } else {
                pairs[pairs.count - 1].value += ",\(piece)"
            }
        }
        var labels: [(key: LabelKey, value: String)] = []
        for pair in pairs {
            guard let key = Reader<LabelKey>.key(pair.key, at: place, or: [], &reading) else { return nil }
            labels.append((key, Labels.kept(pair.value)))
        }
        return labels
    }
}
