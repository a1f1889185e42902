import GovernorCore

/// One line of `at`.
struct ThresholdDraft {
    /// nil when it could not be read or was there before; its actions are checked all the same.
    var ratio: Ratio?
    var actions: ActionsDraft
}

/// What happens at a threshold.
struct ActionsDraft {
    var notify: [Placed<String>]?
    var throttle: Throttle?
    var pause: Placed<Pause>?
    var stop: Bool?
}

extension Form where Draft == ActionsDraft {
    static var actions: Form {
        Form(
            noun: "a threshold",
            fields: [
                Field("notify", \.notify, Reader<String>.name.placed.oneOrMore),
                Field("throttle", \.throttle, .throttle),
                Field("pause", \.pause, Reader<Pause>.pause.placed),
                Field("stop", \.stop, .flag),
            ],
            later: Later.actions)
    }
}

extension Reader where Value == [ThresholdDraft] {
    /// `at:`, a map from shares of the limit to actions.
    static var thresholds: Reader {
        Reader(noun: "a map from shares of the limit to actions") { node, reading in
            guard case .map(let entries) = node.content else {
                reading.mismatch(
                    node, expected: "a map from shares of the limit to actions",
                    hint: "such as at: { 100%: { pause: until_reset } }")
                return nil
            }
            var places: [Ratio: Place] = [:]
            var drafts: [ThresholdDraft] = []
            for entry in entries {
                let ratio = ratio(of: entry, &reading)
                var actions = ActionsDraft()
                Form<ActionsDraft>.actions.read(entry.value, into: &actions, &reading)
                if case .map(let actions) = entry.value.content, actions.isEmpty {
                    reading.warning("nothing happens at this threshold", at: entry.keyPlace, hint: "add an action")
                }
                if let ratio, let first = places[ratio] {
                    reading.error(
                        "\(ratio.percentText) is given twice", at: entry.keyPlace,
                        hint: "it is already \(first.seen(from: entry.keyPlace))")
                    drafts.append(ThresholdDraft(ratio: nil, actions: actions))
                } else {
                    if let ratio { places[ratio] = entry.keyPlace }
                    drafts.append(ThresholdDraft(ratio: ratio, actions: actions))
                }
            }
            return drafts
        }
    }

    private static func ratio(of entry: YAMLNode.Entry, _ reading: inout Reading) -> Ratio? {
        if let ratio = Reader<Ratio>.percent(entry.key) { return ratio }
        if let word = Later.thresholds.first(where: { entry.key.hasPrefix($0) }) {
            reading.unsupported(word, at: entry.keyPlace)
            return nil
        }
        let isBare = Reader<Ratio>.percent(entry.key + "%") != nil
        reading.error(
            "\(Quoting.quoted(entry.key)) is not a share of the limit", at: entry.keyPlace,
            hint: isBare
                ? "did you mean \"\(entry.key)%\"?"
                : "write it as a percentage above 0% and up to 1000%, such as 80% or 12.5%")
        return nil
    }
}

/// Both parts of a throttle, of which at least one is there.
private struct ThrottleDraft {
    var maxWorkers: Int64?
    var delay: Span?
}

extension Reader where Value == Throttle {
    static var throttle: Reader {
        let form = Form<ThrottleDraft>(
            noun: "a throttle",
            fields: [Field("max_workers", \.maxWorkers, .count), Field("delay", \.delay, .span)])
        return Reader(noun: form.noun) { node, reading in
            var draft = ThrottleDraft()
            form.read(node, into: &draft, &reading)
            if case .map(let parts) = node.content, parts.isEmpty {
                reading.error(
                    "this throttle slows nothing down", at: node.place, hint: "give it max_workers, delay or both")
            }
            return Throttle(maxWorkers: draft.maxWorkers, delay: draft.delay)
        }
    }
}

extension Reader where Value == Pause {
    /// `until_reset`, or how long.
    static var pause: Reader {
        .text("a pause") { text, place, reading in
            if text == "until_reset" { return .untilReset }
            if let span = Span(text: text), span > .zero { return .lasting(span) }
            if Later.pauses.contains(text) {
                reading.unsupported(text, at: place)
            } else {
                reading.error(
                    "unknown pause \(Quoting.quoted(text))", at: place,
                    hint: Spelling.hint(for: text, among: ["until_reset"] + Later.pauses)
                        ?? "it is until_reset, or a duration such as 15m")
            }
            return nil
        }
    }
}
