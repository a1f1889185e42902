import GovernorCore

/// A budget as one file says it; receivers, zone and mode are looked up when the files are put together.
struct BudgetDraft {
    var name: Placed<String>?
    var limitUSD: Limit?
    var limitTokens: Limit?
    var limitCalls: Limit?
    var per: [LabelKey]?
    var window: Window?
    var match: Matcher?
    var mode: Mode?
    var at: [ThresholdDraft]?

    var limit: Limit? { limitUSD ?? limitTokens ?? limitCalls }
}

extension Form where Draft == BudgetDraft {
    static var budget: Form {
        Form(
            noun: "a budget",
            fields: [
                Field("name", \.name, Reader<String>.name.placed),
                Field("limit_usd", \.limitUSD, Reader<Money>.dollars.map { .usd($0) }),
                Field("limit_tokens", \.limitTokens, Reader<Int64>.count.map { Limit(unit: .tokens, value: $0) }),
                Field("limit_calls", \.limitCalls, Reader<Int64>.count.map { Limit(unit: .calls, value: $0) }),
                Field("per", \.per, .per),
                Field("window", \.window, .window),
                Field("match", \.match, .matcher),
                Field("mode", \.mode, .mode),
                Field("at", \.at, .thresholds),
            ],
            required: ["name", "per", "window"],
            choice: Choice(noun: "limit", keys: ["limit_usd", "limit_tokens", "limit_calls"]), later: Later.budget)
    }
}

extension Reader where Value == BudgetDraft {
    /// A budget with what can be checked within it.
    static var budget: Reader {
        let form = Form<BudgetDraft>.budget
        return Reader(noun: form.noun) { node, reading in
            var draft = BudgetDraft()
            form.read(node, into: &draft, &reading)
            guard case .map(let entries) = node.content else { return nil }
            if !entries.contains(where: { $0.key == "at" || $0.isMerge }) {
                reading.warning(
                    "this budget has no \"at\", so it limits nothing", at: draft.name?.place ?? node.place,
                    hint: "add one, such as at: { 100%: { pause: until_reset } }")
            }
            if let window = draft.window { checkPauses(of: draft, window, &reading) }
            return draft
        }
    }

    private static func checkPauses(of draft: BudgetDraft, _ window: Window, _ reading: inout Reading) {
        let kind: String
        switch window {
        case .calendar: return
        case .rolling: kind = "a rolling"
        case .lifetime: kind = "a lifetime"
        }
        for threshold in draft.at ?? [] {
            guard let pause = threshold.actions.pause, pause.value == .untilReset else { continue }
            reading.error(
                "\(kind) window never resets, so nothing can pause until it does", at: pause.place,
                hint: "use a duration such as \"pause: 15m\", or \"stop: true\"")
        }
    }
}

extension Reader where Value == [LabelKey] {
    /// `fleet`, a label, or a list of labels.
    static var per: Reader {
        Reader(noun: "\"fleet\", a label or a list of labels") { node, reading in
            switch node.content {
            case .scalar("fleet", _): return []
            case .scalar(let text, _) where !node.isAbsent:
                return Reader<LabelKey>.key(text, at: node.place, or: ["fleet"], &reading).map { [$0] }
            case .list(let labels) where labels.isEmpty:
                reading.error("the list is empty", at: node.place, hint: "write \"per: fleet\" for one shared pot")
                return nil
            case .list: return distinct(Reader<LabelKey>.label.placed.list.read(node, &reading) ?? [], &reading)
            default:
                reading.mismatch(node, expected: "\"fleet\", a label or a list of labels")
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
        Reader(noun: "a map from labels to patterns") { node, reading in
            guard case .map(let entries) = node.content else {
                reading.mismatch(node, expected: "a map from labels to patterns")
                return nil
            }
            var terms: [Matcher.Term] = []
            for entry in entries {
                let key = Reader<LabelKey>.key(entry.key, at: entry.keyPlace, or: [], &reading)
                let globs = Reader<Glob>.glob.oneOrMore.read(entry.value, &reading)
                if let key, let globs { terms.append(Matcher.Term(key: key, globs: globs)) }
            }
            return Matcher(terms: terms)
        }
    }
}
