import GovernorCore

/// What happens at a threshold or when a rule fires, with names not looked up yet.
struct ActionsDraft {
    var notify: [Placed<String>]?
    var throttle: Throttle?
    var downgrade: Placed<String>?
    var pause: Placed<Pause>?
    var stop: Bool?
    /// Of an `unpriced_model` rule: what such calls are booked as.
    var priceAs: Placed<String>?
}

enum ActionFields {
    /// In the order of documentation.
    ///
    /// - Parameter resets: whether there is a window whose end a pause can wait for.
    static func all(resets: Bool) -> [Field<ActionsDraft>] {
        [
            Field(
                "notify", \.notify, Reader<String>.name.placed.oneOrMore, "The receivers that are told, by name."),
            Field("throttle", \.throttle, .throttle, "Fewer workers, or a wait before each piece of new work."),
            Field(
                "downgrade", \.downgrade, Reader<String>.name.placed,
                "The model map, by name, that says which cheaper model to use instead."),
            Field(
                "pause", \.pause, Reader<Pause>.pause(resets: resets).placed,
                resets
                    ? "No new work until the window ends, for a while, or until an operator resumes it."
                    : "No new work for a while, or until an operator resumes it."),
            Field("stop", \.stop, .flag, "Whether running work is told to stop too."),
        ]
    }

    static var keys: [String] { all(resets: true).map(\.key) }
}

extension Form where Draft == ActionsDraft {
    /// `then` of a rule.
    ///
    /// - Parameter priced: whether it may say what unpriced calls are booked as.
    static func then(priced: Bool) -> Form {
        let beside = "it stands beside \"then\", not in it"
        let priceAs = Field(
            "price_as", \ActionsDraft.priceAs, Reader<String>.model.placed,
            "The listed model at whose price calls of models without one are booked.")
        return Form(
            noun: "\"then\"", expected: "a map of actions",
            fields: ActionFields.all(resets: false) + (priced ? [priceAs] : []),
            elsewhere: [
                "for": beside, "keep_firing_for": beside, "mode": beside,
                "price_as": "only a rule with \"when: unpriced_model\" has it",
            ])
    }
}

extension Reader where Value == ActionsDraft {
    static func then(priced: Bool) -> Reader {
        Form<ActionsDraft>.then(priced: priced).reader(.init())
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
            fields: [
                Field("max_workers", \.maxWorkers, .count, "How many workers may run at once."),
                Field("delay", \.delay, .span, "How long to wait before each piece of new work."),
            ])
        var shape = form.shape
        shape.choice = form.fields.map(\.key)
        shape.allowsSeveral = true
        return Reader(noun: form.noun, shape: .named("throttle", .object(shape))) { node, reading in
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
    /// `until_reset`, `until_resumed`, or how long.
    ///
    /// - Parameter resets: false where there is no window, and so nothing to wait for.
    static func pause(resets: Bool) -> Reader {
        let words: [(word: String, value: Pause)] = [("until_reset", .untilReset), ("until_resumed", .untilResumed)]
        let names = words.map(\.word).filter { resets || $0 != "until_reset" }
        let shape = Shape.either([.words(names), .text(pattern: Pattern.duration, example: "15m")])
        return .text("a pause", .named(resets ? "pause" : "pause_of_a_rule", shape)) { text, place, reading in
            if text == "until_reset", !resets {
                reading.error(
                    "a rule has no window that could reset", at: place,
                    hint: "use a duration such as \"pause: 15m\", or \"pause: until_resumed\"")
                return nil
            }
            if let match = words.first(where: { $0.word == text }) { return match.value }
            if let span = Span(text: text), span > .zero { return .lasting(span) }
            reading.error(
                "unknown pause \(Quoting.quoted(text))", at: place,
                hint: Spelling.hint(for: text, among: names)
                    ?? "it is \(names.joined(separator: ", ")), or a duration such as 15m")
            return nil
        }
    }
}
