package import GovernorCore

/// A request to mute messages for a while.
package struct SilenceRequest: Hashable, Sendable {
    /// How long.
    package enum End: Hashable, Sendable {
        case at(Timestamp)
        case lasting(Span)
    }

    /// Names of budgets and rules, any of which; with neither, whatever the labels match.
    package var budgets: [Glob]
    package var rules: [Glob]
    /// Whom; a value may be a pattern, and none at all is everybody.
    package var labels: Labels
    package var end: End
    package var reason: String
    package var by: String

    init(_ fields: Fields) throws(ControlError) {
        budgets = try fields.globs("budget")
        rules = try fields.globs("rule")
        labels = try fields.labels()
        let isNarrowed = !budgets.isEmpty || !rules.isEmpty || labels != Labels()
        let all = try fields.flag("all") ?? false
        guard all || isNarrowed else {
            throw ControlError(
                .badRequest, "say what is silenced by a label, a budget or a rule, or everything by \"all\":true",
                field: "all")
        }
        guard !all || !isNarrowed else {
            throw ControlError(
                .badRequest, "\"all\":true silences everything; name no label, budget or rule beside it", field: "all")
        }
        end = try Self.end(fields)
        reason = try fields.need("reason", "why, for everybody who misses the messages", limit: Fields.remarkLimit)
        by = try fields.who()
    }

    private static func end(_ fields: Fields) throws(ControlError) -> End {
        let expected = "a time such as 2026-11-20T15:00:00Z or a duration such as 2h"
        guard let value = fields["until"] else { throw fields.missing("until", expected) }
        if let span = value.string.flatMap({ Span(text: $0) }), span > .zero { return .lasting(span) }
        guard let time = try? fields.time("until") else { throw fields.wrong("until", expected, value) }
        return .at(time)
    }

    /// The silence that is meant.
    ///
    /// - Parameters:
    ///   - now: when it begins.
    ///   - policy: the one in force. A pattern for rules that would match a budget too (or the other way round) becomes
    ///     the names it is for, since alerts know their item by its name alone.
    /// - Throws: when it would end before it begins, or a pattern matches nothing, which would otherwise mute nothing and
    ///   look as if it did.
    package func silence(at now: Timestamp, in policy: Policy) throws(ControlError) -> Silence {
        let until =
            switch end {
            case .at(let time): time
            case .lasting(let span): now + span
            }
        guard until > now else {
            throw ControlError(
                .badRequest, "until must lie in the future; got \(RFC3339.utc(until)), and it is \(RFC3339.utc(now))",
                field: "until")
        }
        guard until <= Fields.latest else {
            throw ControlError(.badRequest, "until must be before the year 10000", field: "until")
        }
        let (budgetNames, ruleNames) = (policy.budgets.map(\.name), policy.rules.map(\.name))
        var items: [Glob] = []
        for glob in budgets { items += try Self.items(glob, "budget", budgetNames, others: ("rule", ruleNames)) }
        for glob in rules { items += try Self.items(glob, "rule", ruleNames, others: ("budget", budgetNames)) }
        return Silence(
            items: items, matcher: Matcher(labels), interval: Interval(start: now, end: until), reason: reason, by: by)
    }

    /// The pattern as it is, or the names it stands for where it would match items of the other kind too.
    private static func items(
        _ glob: Glob, _ kind: String, _ names: [String], others: (kind: String, names: [String])
    ) throws(ControlError) -> [Glob] {
        let matched = names.filter(glob.matches)
        let isShared = others.names.contains(where: glob.matches)
        guard matched.isEmpty else { return isShared ? matched.map { Glob($0) } : [glob] }
        let hint =
            isShared
            ? "name a \(others.kind) as \"\(others.kind)\""
            : names.isEmpty ? "there is none" : "there is \(names.prefix(12).joined(separator: ", "))"
        throw ControlError(.badRequest, "no \(kind) matches \"\(glob.pattern.prefix(60))\"; \(hint)", field: kind)
    }
}
