import GovernorCore

extension Form where Draft == RuleDraft {
    /// What a rule has whose kind isn't known.
    static var anyRule: Form {
        Form(
            noun: "a rule", fields: [name, when, then(priced: true)], required: ["name", "when", "then"],
            isPartial: true)
    }

    /// The keys of one kind of rule.
    static func rule(_ word: RuleWord) -> Form {
        let own = parts(of: word)
        let shared = common.filter { field in
            !own.elsewhere.keys.contains(field.key) && !own.fields.contains { $0.key == field.key }
        }
        let fields = [name, when] + own.fields + shared + [then(priced: word == .unpricedModel)]
        var elsewhere: [String: String?] = [:]
        // What other kinds have: who mixes two up has not misspelled anything.
        for key in RuleKeys.own where !fields.contains(where: { $0.key == key }) { elsewhere[key] = .some(nil) }
        for key in ActionFields.keys + ["price_as"] { elsewhere[key] = "put it into \"then\"" }
        elsewhere.merge(own.elsewhere) { _, new in new }
        return Form(
            noun: "\("aeiou".contains(word.rawValue.prefix(1)) ? "an" : "a") \(word.rawValue) rule", fields: fields,
            required: ["name", "when"] + own.required + ["then"],
            choice: own.choice, elsewhere: elsewhere)
    }

    /// What one kind has beside what all have.
    private struct Parts {
        var fields: [Field<RuleDraft>]
        var required: [String]
        var choice: Choice?
        /// Keys of all rules that this kind has no use for, with what to do instead.
        var elsewhere: [String: String?] = [:]
    }

    /// The keys that some kinds have and others don't.
    fileprivate static func keys(of word: RuleWord) -> [String] { parts(of: word).fields.map(\.key) }

    private static func parts(of word: RuleWord) -> Parts {
        switch word {
        case .burnRate:
            Parts(
                fields: [
                    per, Field("over", \.over, stretch, "The stretch of time the rate is taken over."),
                    Field("above_usd_per_hour", \.perHour, .dollars, "It fires above so many dollars an hour."),
                ], required: ["per", "over", "above_usd_per_hour"])
        case .budgetBurn:
            Parts(
                fields: [Field("budget", \.budget, Reader<String>.name.placed, "The budget it watches, by name.")],
                required: ["budget"],
                elsewhere: Dictionary(
                    uniqueKeysWithValues: ["per", "match", "during"].map { ($0, "it takes that from its budget") }))
        case .anomaly:
            Parts(
                fields: [
                    per, Field("over", \.over, stretch, "The stretch of time that is compared."),
                    Field("baseline", \.baseline, baseline, "How far back it looks for what is usual."),
                    Field("above", \.factor, .factor, "It fires from so many times the usual on, such as 3x."),
                    Field("min_usd", \.minimum, .dollars, "Less than this is never worth a message."),
                ], required: ["per", "over", "baseline", "above", "min_usd"])
        case .errors:
            Parts(
                fields: [
                    per, Field("count", \.count, .count, "So many failed calls in a row."),
                    Field("within", \.within, stretch.map(\.value), "All of them within this time."),
                    Field(
                        "kind", \.kinds, Reader<Glob>.glob.oneOrMore,
                        "Only errors of these kinds, such as rate_*; all of them if absent."),
                ], required: ["per", "count", "within"])
        case .noData:
            Parts(
                fields: [per, Field("for", \.silence, silence, "How long nothing was heard.")],
                required: ["per", "for"])
        case .unpricedModel:
            Parts(fields: [], required: [], elsewhere: ["per": "it always judges each model by itself"])
        case .concentration:
            Parts(
                fields: [
                    Field("by", \.by, .label, "The label whose values share the whole, such as provider."),
                    Field("of", \.of, .measure, "What is shared: cost, tokens or calls."),
                    Field("above", \.share, .share, "It fires when one has more than this share, such as 70%."),
                    Field(
                        "above_hhi", \.index, .index,
                        "It fires above this Herfindahl-Hirschman index: 1 when one has all, 0.25 for four alike."),
                    Field("min_calls", \.minCalls, .count, "Fewer calls than this say nothing."),
                    Field("over", \.over, stretch, "The stretch of time that is looked at."),
                ],
                required: ["by", "of", "min_calls", "over"],
                choice: Choice(noun: "limit", keys: ["above", "above_hhi"], allowsSeveral: true),
                elsewhere: ["per": "\"by\" says whose shares it compares"])
        case .savings:
            Parts(
                fields: [
                    per, Field("above_usd", \.saved, .dollars, "It fires from so many dollars saved on."),
                    Field("over", \.period, .period, "The calendar window they are saved in."),
                ], required: ["above_usd", "over"])
        }
    }

    private static var name: Field<RuleDraft> {
        Field("name", \.name, Reader<String>.name.placed, "What alerts call it; no other budget or rule has it.")
    }
    private static var when: Field<RuleDraft> { Field("when", \.when, .ruleWord, "The kind of rule.") }
    private static var per: Field<RuleDraft> {
        Field("per", \.per, .per, "Judged for the whole fleet, or for each worker, user, … by itself.")
    }
    private static func then(priced: Bool) -> Field<RuleDraft> {
        Field("then", \.then, .then(priced: priced), "What happens while it holds.")
    }

    /// The optional ones.
    private static var common: [Field<RuleDraft>] {
        [
            Field("match", \.match, .matcher, "Which calls it is about: every label has to match."),
            Field("during", \.during, Reader<String>.name.placed, "The schedule, by name, outside of which it rests."),
            Field("for", \.hold, .spanOrZero, "How long the condition must hold before it fires."),
            Field(
                "keep_firing_for", \.keepFiringFor, .spanOrZero,
                "How long the condition must not hold any more before the alert resolves; 5m if absent."),
            Field("mode", \.mode, .mode, "observe: decide and tell, but never block."),
        ]
    }

    /// No more is kept in memory.
    private static var stretch: Reader<Placed<Span>> {
        Reader<Span>.span(upTo: .days(90), hint: "it looks back at most 90d").placed
    }

    private static var baseline: Reader<Placed<Span>> {
        Reader<Span>.span(from: .days(3), upTo: .days(84), hint: "a baseline is 3d to 84d")
            .placed
    }

    private static var silence: Reader<Span> {
        let last = Span(milliseconds: NoData.removedAfter.milliseconds - 1)
        return .span(upTo: last, hint: "it has to be below 7d, after which what is silent counts as removed")
    }
}

private enum RuleKeys {
    /// Of all kinds together; made once, as every form of a rule needs them.
    static let own = RuleWord.allCases.flatMap { Form<RuleDraft>.keys(of: $0) }
}

extension Reader where Value == Limit.Unit {
    static var measure: Reader { .choice("measure", [("cost", .usd), ("tokens", .tokens), ("calls", .calls)]) }
}
