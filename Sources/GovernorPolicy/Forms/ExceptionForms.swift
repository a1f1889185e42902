import GovernorCore

/// A limit changed for a while, with its budget not looked up yet.
struct OverrideDraft {
    var budget: Placed<String>?
    var limits = LimitDraft()
    var term = TermDraft()
}

/// Messages muted for a while, with what they are of not looked up yet.
struct SilenceDraft {
    var match: SilenceMatchDraft?
    var term = TermDraft()
}

/// What a silence is about; at least one of them.
struct SilenceMatchDraft {
    var rules: [Placed<Glob>] = []
    var budgets: [Placed<Glob>] = []
    var terms: [Matcher.Term] = []
}

/// Since when, until when, why, and who said so.
struct TermDraft {
    var from: Placed<Moment>?
    var until: Placed<Moment>?
    var reason: String?
    var by: String?

    static let required = ["until", "reason"]

    static var fields: [Field<TermDraft>] {
        [
            Field("from", \.from, Reader<Moment>.moment.placed, "When it begins; at once if absent."),
            Field("until", \.until, Reader<Moment>.moment.placed, "When it ends."),
            Field("reason", \.reason, .remark, "Why, for those who find it later."),
            Field("by", \.by, .remark, "Who decided it."),
        ]
    }

    /// - Returns: nil when it is incomplete or turned around; the latter is reported here.
    func interval(in zone: Zone, _ reading: inout Reading) -> Interval? {
        guard let until else { return nil }
        let interval = Interval(start: from?.value.time(in: zone) ?? .distantPast, end: until.value.time(in: zone))
        if interval.start < interval.end { return interval }
        reading.error("this ends before it begins", at: until.place, hint: "\"until\" has to be later than \"from\"")
        return nil
    }
}

extension Form where Draft == OverrideDraft {
    static var override: Form {
        Form(
            noun: "an override",
            fields: [
                Field("budget", \.budget, Reader<String>.name.placed, "The budget whose limit is changed, by name.")
            ]
                + LimitDraft.fields.map { $0.within(\.limits) } + TermDraft.fields.map { $0.within(\.term) },
            required: ["budget"] + TermDraft.required, choice: Choice(noun: "limit", keys: LimitDraft.choice))
    }
}

extension Form where Draft == SilenceDraft {
    static var silence: Form {
        Form(
            noun: "a silence",
            fields: [Field("match", \.match, .silenceMatch, "The alerts it mutes, by rule, budget and labels.")]
                + TermDraft.fields.map { $0.within(\.term) },
            required: ["match"] + TermDraft.required)
    }
}

extension Reader where Value == SilenceMatchDraft {
    /// A map from `rule`, `budget` and labels to a glob or a list of globs; not empty.
    static var silenceMatch: Reader {
        let noun = "a map from rule, budget or labels to patterns"
        let globs = Reader<Glob>.glob.placed.oneOrMore
        let items = ["rule", "budget"]
        let shape = Shape.map(keys: Reader<LabelKey>.pattern(or: items), of: globs.shape, atLeast: 1)
        return Reader(noun: noun, shape: shape) { node, reading in
            guard case .map(let entries) = node.content else {
                reading.mismatch(node, expected: noun, hint: "such as match: { rule: hot-worker }")
                return nil
            }
            if entries.isEmpty {
                reading.error(
                    "this would mute every alert", at: node.place,
                    hint: "say which, such as match: { rule: hot-worker }")
            }
            var match = SilenceMatchDraft()
            for entry in entries {
                switch entry.key {
                case "rule": match.rules = globs.read(entry.value, &reading) ?? []
                case "budget": match.budgets = globs.read(entry.value, &reading) ?? []
                default:
                    let key = Reader<LabelKey>.key(entry.key, at: entry.keyPlace, or: items, &reading)
                    let globs = globs.read(entry.value, &reading)
                    if let key, let globs { match.terms.append(Matcher.Term(key: key, globs: globs.map(\.value))) }
                }
            }
            return match
        }
    }
}
