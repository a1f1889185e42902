import GovernorCore

/// Overrides and silences, with what they name looked up.
extension PolicyAssembly {
    /// By budget, in the order of the files.
    func overrides(zone: Zone, _ reading: inout Reading) -> [String: [Placed<Override>]] {
        var result: [String: [Placed<Override>]] = [:]
        for item in drafts.flatMap({ $0.overrides ?? [] }) {
            let draft = item.value
            let interval = draft.term.interval(in: zone, &reading)
            guard let name = draft.budget else { continue }
            guard let budget = budgetDraft(name.value) else {
                reportUnknown(name, "budget", among: budgetNames, under: "budgets", &reading)
                continue
            }
            guard let limit = draft.limits.limit else { continue }
            if let usual = budget.limits.limit?.value, usual.unit != limit.value.unit {
                reading.error(
                    "the budget \"\(name.value)\" is a limit on \(usual.unit.noun), and this is one on "
                        + limit.value.unit.noun, at: limit.place, hint: "use \(usual.unit.key)")
                continue
            }
            guard let interval, let reason = draft.term.reason else { continue }
            let override = Override(limit: limit.value, interval: interval, reason: reason, by: draft.term.by)
            result[name.value, default: []].append(Placed(value: override, place: item.place))
        }
        for overrides in result.values { reportOverlaps(overrides, &reading) }
        return result
    }

    /// Two that hold at once say two things of one limit.
    private func reportOverlaps(_ overrides: [Placed<Override>], _ reading: inout Reading) {
        let sorted = overrides.enumerated().sorted {
            ($0.element.value.interval.start, $0.offset) < ($1.element.value.interval.start, $1.offset)
        }
        var last: (offset: Int, element: Placed<Override>)?
        for item in sorted {
            if let other = last, item.element.value.interval.start < other.element.value.interval.end {
                let (first, second) = item.offset < other.offset ? (item, other) : (other, item)
                reading.error(
                    "two overrides of one budget hold at once", at: second.element.place,
                    hint: "the other is \(first.element.place.seen(from: second.element.place)); let one end as the "
                        + "other begins")
            }
            if item.element.value.interval.end >= last?.element.value.interval.end ?? .distantPast { last = item }
        }
    }

    /// In the order of the files.
    mutating func silences(zone: Zone, _ reading: inout Reading) -> [Silence] {
        var result: [Silence] = []
        for item in drafts.flatMap({ $0.silences ?? [] }) {
            let draft = item.value
            let interval = draft.term.interval(in: zone, &reading)
            guard let match = draft.match else { continue }
            let items = muted(match, &reading)
            guard let interval, let reason = draft.term.reason else { continue }
            // It named items, none of which is there; without names it would mute them all.
            if items.isEmpty, !match.rules.isEmpty || !match.budgets.isEmpty { continue }
            result.append(
                Silence(
                    items: items, matcher: Matcher(terms: match.terms), interval: interval, reason: reason,
                    by: draft.term.by))
            places.silences.append(item.place)
        }
        return result
    }

    private func muted(_ match: SilenceMatchDraft, _ reading: inout Reading) -> [Glob] {
        var items: [Glob] = []
        for glob in match.rules {
            items += muted(glob, "rule", ruleNames, other: "budget", budgetNames, &reading)
        }
        for glob in match.budgets {
            items += muted(glob, "budget", budgetNames, other: "rule", ruleNames, &reading)
        }
        return items
    }

    /// The pattern as it is, or the names it stands for where it would match items of the other kind too.
    private func muted(
        _ glob: Placed<Glob>, _ noun: String, _ names: [String], other: String, _ others: [String],
        _ reading: inout Reading
    ) -> [Glob] {
        let matched = names.filter(glob.value.matches)
        if matched.isEmpty { reportMutesNothing(glob, noun, names, other: other, others, &reading) }
        return others.contains(where: glob.value.matches) ? matched.map { Glob($0) } : [glob.value]
    }

    private func reportMutesNothing(
        _ glob: Placed<Glob>, _ noun: String, _ names: [String], other: String, _ others: [String],
        _ reading: inout Reading
    ) {
        let pattern = glob.value.pattern
        guard reading.isComplete else { return }
        if pattern.contains("*") || pattern.contains("?") {
            reading.warning(
                "no \(noun) matches \(Quoting.quoted(pattern))", at: glob.place,
                hint: names.isEmpty ? "there is none" : "there is \(Quoting.list(Array(names.prefix(12))))")
        } else if others.contains(pattern) {
            reading.error(
                "\(Quoting.quoted(pattern)) is a \(other), not a \(noun)", at: glob.place, hint: "use \"\(other):\"")
        } else {
            reportUnknown(
                Placed(value: pattern, place: glob.place), noun, among: names, under: "\(noun)s", &reading)
        }
    }
}

extension Limit.Unit {
    /// `dollars`.
    fileprivate var noun: String {
        switch self {
        case .usd: "dollars"
        case .tokens: "tokens"
        case .calls: "calls"
        }
    }

    /// `limit_usd`.
    fileprivate var key: String { "limit_\(rawValue)" }
}
