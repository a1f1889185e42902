import GovernorCore

/// The words behind `when`, one for each kind of rule of the core.
enum RuleWord: String, CaseIterable {
    case burnRate = "burn_rate"
    case budgetBurn = "budget_burn"
    case anomaly
    case errors
    case noData = "no_data"
    case unpricedModel = "unpriced_model"
    case concentration
    case savings

    static var words: [String] { allCases.map(\.rawValue) }

    /// The core's kind of that name.
    var kind: (any RuleKind.Type)? { RuleCondition.kinds.first { $0.keyword == rawValue } }
}

/// A rule as one file says it: the keys of every kind, of which one kind's forms fills its own.
struct RuleDraft {
    var name: Placed<String>?
    var when: RuleWord?
    var per: [LabelKey]?
    var match: Matcher?
    var during: Placed<String>?
    var hold: Span?
    var keepFiringFor: Span?
    var mode: Mode?
    var then: ActionsDraft?

    /// burn_rate, anomaly, concentration.
    var over: Placed<Span>?
    /// burn_rate.
    var perHour: Money?
    /// budget_burn.
    var budget: Placed<String>?
    /// anomaly.
    var baseline: Placed<Span>?
    var factor: Ratio?
    var minimum: Money?
    /// errors.
    var count: Int64?
    var within: Span?
    var kinds: [Glob]?
    /// no_data.
    var silence: Span?
    /// concentration.
    var by: LabelKey?
    var of: Limit.Unit?
    var share: Ratio?
    var index: Ratio?
    var minCalls: Int64?
    /// savings.
    var saved: Money?
    var period: Window.Period?
}

extension Reader where Value == RuleDraft {
    /// A rule by the word behind its `when`.
    static var rule: Reader {
        let forms = Dictionary(uniqueKeysWithValues: RuleWord.allCases.map { ($0, Form<RuleDraft>.rule($0)) })
        let any = Form<RuleDraft>.anyRule
        let shape = Shape.tagged(
            key: "when", doc: "The kind of rule.",
            cases: RuleWord.allCases.compactMap { word in
                forms[word].map { (word.rawValue, word.kind?.summary ?? "", $0.shape) }
            })
        return Reader(noun: any.noun, shape: shape) { node, reading in
            var draft = RuleDraft()
            guard case .map(let entries) = node.content,
                let when = entries.first(where: { $0.key == "when" })?.value,
                case .scalar(let text, _) = when.content, let word = RuleWord(rawValue: text), let form = forms[word]
            else {
                // What every rule has is still checked, `when` included.
                any.read(node, into: &draft, &reading)
                return draft
            }
            form.read(node, into: &draft, &reading)
            check(draft, &reading)
            return draft
        }
    }

    /// What is to be said of a whole rule.
    private static func check(_ draft: RuleDraft, _ reading: inout Reading) {
        if let over = draft.over, let baseline = draft.baseline,
            baseline.value.milliseconds / 2 < over.value.milliseconds
        {
            reading.error(
                "the baseline is less than twice the \(over.value.text) it is compared with", at: baseline.place,
                hint: "look further back, such as 14d, or at a shorter stretch")
        }
    }
}

extension Reader where Value == RuleWord {
    static var ruleWord: Reader { .choice("kind of rule", RuleWord.allCases.map { ($0.rawValue, $0) }) }
}
