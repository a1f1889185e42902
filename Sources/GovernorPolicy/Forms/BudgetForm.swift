import GovernorCore

/// A budget as one file says it; names, zone and mode are looked up when the files are put together.
struct BudgetDraft {
    var name: Placed<String>?
    var limits = LimitDraft()
    var per: [LabelKey]?
    var window: Window?
    var during: Placed<String>?
    var match: Matcher?
    var mode: Mode?
    var at: [ThresholdDraft]?
}

/// One of three keys.
struct LimitDraft {
    var usd: Placed<Limit>?
    var tokens: Placed<Limit>?
    var calls: Placed<Limit>?

    var limit: Placed<Limit>? { usd ?? tokens ?? calls }

    static let choice = ["limit_usd", "limit_tokens", "limit_calls"]

    static var fields: [Field<LimitDraft>] {
        [
            Field(
                "limit_usd", \.usd, Reader<Money>.dollars.map { Limit.usd($0) }.placed, "The limit in dollars."),
            Field(
                "limit_tokens", \.tokens, Reader<Int64>.count.map { Limit(unit: .tokens, value: $0) }.placed,
                "The limit in tokens, of all kinds together."),
            Field(
                "limit_calls", \.calls, Reader<Int64>.count.map { Limit(unit: .calls, value: $0) }.placed,
                "The limit in calls."),
        ]
    }
}

extension Form where Draft == BudgetDraft {
    static var budget: Form {
        let name = Field<BudgetDraft>(
            "name", \.name, Reader<String>.name.placed,
            "What alerts and reports call it; no other budget or rule has it.")
        return Form(
            noun: "a budget",
            fields: [name] + LimitDraft.fields.map { $0.within(\.limits) } + [
                Field("per", \.per, .per, "One shared pot (fleet), or the whole limit for each worker, user, …"),
                Field("window", \.window, .window, "The stretch of time the limit holds for."),
                Field(
                    "during", \.during, Reader<String>.name.placed,
                    "The schedule, by name, outside of which the budget neither counts nor decides."),
                Field("match", \.match, .matcher, "Which calls it counts: every label has to match."),
                Field("mode", \.mode, .mode, "observe: decide and tell, but never block."),
                Field("at", \.at, .thresholds, "What happens from which share of the limit on."),
            ],
            required: ["name", "per", "window"], choice: Choice(noun: "limit", keys: LimitDraft.choice))
    }
}

extension Reader where Value == BudgetDraft {
    /// A budget with what can be checked within it.
    static var budget: Reader {
        Form<BudgetDraft>.budget.reader(.init()) { draft, node, reading in
            guard case .map(let entries) = node.content else { return }
            if !entries.contains(where: { $0.key == "at" || $0.isMerge }) {
                reading.warning(
                    "this budget has no \"at\", so it limits nothing", at: draft.name?.place ?? node.place,
                    hint: "add one, such as at: { 100%: { pause: until_reset } }")
            }
            if let window = draft.window { check(draft.at ?? [], against: window, &reading) }
        }
    }

    private static func check(_ thresholds: [ThresholdDraft], against window: Window, _ reading: inout Reading) {
        for threshold in thresholds {
            if let pause = threshold.actions.pause, pause.value == .untilReset, let kind = endless(window) {
                reading.error(
                    "\(kind) window never resets, so nothing can pause until it does", at: pause.place,
                    hint: "use a duration such as \"pause: 15m\", or \"stop: true\"")
            }
            if threshold.share?.measure == .forecast, let kind = unforeseeable(window) {
                reading.error(
                    "\(kind) window has no forecast, since forecasts go by days", at: threshold.place,
                    hint: "use a calendar window of a day or longer, or a burn_rate rule")
            }
        }
    }

    private static func endless(_ window: Window) -> String? {
        switch window {
        case .calendar, .block: nil
        case .rolling: "a rolling"
        case .lifetime: "a lifetime"
        }
    }

    private static func unforeseeable(_ window: Window) -> String? {
        switch window {
        case .calendar(let period): period.unit == .hour ? "an hourly" : nil
        case .rolling: "a rolling"
        case .block: "a block"
        case .lifetime: "a lifetime"
        }
    }
}

extension Reader where Value == [LabelKey] {
    /// `fleet`, a label, or a list of labels.
    static var per: Reader {
        let noun = "\"fleet\", a label or a list of labels"
        let label = Reader<LabelKey>.label
        let one = Shape.text(pattern: Reader<LabelKey>.pattern(or: ["fleet"]), example: "worker")
        let shape = Shape.named("per", .either([one, .list(of: label.shape, atLeast: 1)]))
        return Reader(noun: noun, shape: shape) { node, reading in
            switch node.content {
            case .scalar("fleet", _): return []
            case .scalar(let text, _) where !node.isAbsent:
                return Reader<LabelKey>.key(text, at: node.place, or: ["fleet"], &reading).map { [$0] }
            case .list(let labels) where labels.isEmpty:
                reading.error("the list is empty", at: node.place, hint: "write \"per: fleet\" for one shared pot")
                return nil
            case .list: return distinct(label.placed.list.read(node, &reading) ?? [], &reading)
            default:
                reading.mismatch(node, expected: noun)
                return nil
            }
        }
    }

    private static func distinct(_ keys: [Placed<LabelKey>], _ reading: inout Reading) -> [LabelKey] {
        var result: [LabelKey] = []
        for key in keys {
            if result.contains(key.value) {
                reading.error("\(Quoting.quoted(key.value.text)) is in the list twice", at: key.place)
            } else {
                result.append(key.value)
            }
        }
        return result
    }
}

extension Reader where Value == Matcher {
    /// A map from labels to a glob or a list of globs.
    static var matcher: Reader {
        let noun = "a map from labels to patterns"
        let globs = Reader<Glob>.glob.oneOrMore
        let shape = Shape.map(keys: Reader<LabelKey>.pattern(), of: globs.shape, atLeast: 0)
        return Reader(noun: noun, shape: .named("match", shape)) { node, reading in
            guard case .map(let entries) = node.content else {
                reading.mismatch(node, expected: noun)
                return nil
            }
            var terms: [Matcher.Term] = []
            for entry in entries {
                let key = Reader<LabelKey>.key(entry.key, at: entry.keyPlace, or: [], &reading)
                let globs = globs.read(entry.value, &reading)
                if let key, let globs { terms.append(Matcher.Term(key: key, globs: globs)) }
            }
            return Matcher(terms: terms)
        }
    }
}
