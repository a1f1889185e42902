import GovernorCore

/// One line of `at`.
struct ThresholdDraft {
    /// What it is a share of; nil when it could not be read or was there before, and its actions are checked all the
    /// same.
    var share: Share?
    /// Of its key.
    var place: Place
    var actions = ActionsDraft()
    var hold: Span?
    var keepFiringFor: Span?

    struct Share: Hashable {
        var measure: Threshold.Measure
        var ratio: Ratio

        /// As files write it: `80%`, `forecast 110%`.
        var text: String { measure == .spent ? ratio.percentText : "forecast \(ratio.percentText)" }
    }
}

extension Form where Draft == ThresholdDraft {
    static var threshold: Form {
        Form(
            noun: "a threshold",
            fields: ActionFields.all(resets: true).map { $0.within(\.actions) } + [
                Field("for", \.hold, .spanOrZero, "How long the share must be reached before anything happens."),
                Field(
                    "keep_firing_for", \.keepFiringFor, .spanOrZero,
                    "How long the share must not be reached any more before the alert resolves."),
            ],
            elsewhere: ["price_as": "only a rule with \"when: unpriced_model\" has it"])
    }
}

extension Reader where Value == [ThresholdDraft] {
    /// `at:`, a map from shares of the limit to actions.
    static var thresholds: Reader {
        let form = Form<ThresholdDraft>.threshold
        let noun = "a map from shares of the limit to actions"
        let shape = Shape.map(
            keys: "^(?:forecast +)?\(Pattern.percent)$", of: .named("threshold", .object(form.shape)), atLeast: 0)
        return Reader(noun: noun, shape: shape) { node, reading in
            guard case .map(let entries) = node.content else {
                reading.mismatch(node, expected: noun, hint: "such as at: { 100%: { pause: until_reset } }")
                return nil
            }
            var places: [ThresholdDraft.Share: Place] = [:]
            var drafts: [ThresholdDraft] = []
            for entry in entries where !entry.isMerge {
                var draft = ThresholdDraft(share: share(of: entry, &reading), place: entry.keyPlace)
                form.read(entry.value, into: &draft, &reading)
                if case .map(let keys) = entry.value.content, keys.allSatisfy({ waits.contains($0.key) }) {
                    reading.warning("nothing happens at this threshold", at: entry.keyPlace, hint: "add an action")
                }
                if let share = draft.share, let first = places[share] {
                    reading.error(
                        "\(share.text) is given twice", at: entry.keyPlace,
                        hint: "it is already \(first.seen(from: entry.keyPlace))")
                    draft.share = nil
                }
                if let share = draft.share { places[share] = entry.keyPlace }
                drafts.append(draft)
            }
            return drafts
        }
    }

    /// What a threshold may have that is no action.
    private static var waits: [String] { ["for", "keep_firing_for"] }

    private static func share(of entry: YAMLNode.Entry, _ reading: inout Reading) -> ThresholdDraft.Share? {
        let key = entry.key
        if let ratio = Reader<Ratio>.percent(key) { return ThresholdDraft.Share(measure: .spent, ratio: ratio) }
        let words = key.split(separator: " ")
        if words.count == 2, words[0] == "forecast", let ratio = Reader<Ratio>.percent(words[1]) {
            return ThresholdDraft.Share(measure: .forecast, ratio: ratio)
        }
        reading.error(
            "\(Quoting.quoted(key)) is not a share of the limit", at: entry.keyPlace,
            hint: meant(by: key).map { "did you mean \"\($0)\"?" }
                ?? "write it as a percentage above 0% and up to 1000%, such as 80%, 12.5% or forecast 110%")
        return nil
    }

    /// `80` for `80%`; `forcast 110%`, `forecast110%` and `forecast 110` for `forecast 110%`.
    private static func meant(by key: String) -> String? {
        let word = key.prefix { $0.isLetter }
        let rest = key.dropFirst(word.count).drop { $0 == " " }
        let number = rest.hasSuffix("%") ? String(rest) : "\(rest)%"
        guard Reader<Ratio>.percent(number) != nil else { return nil }
        if word.isEmpty { return number }
        let isForecast = word == "forecast" || Spelling.nearest(to: String(word), among: ["forecast"]) != nil
        return isForecast ? "forecast \(number)" : nil
    }
}
