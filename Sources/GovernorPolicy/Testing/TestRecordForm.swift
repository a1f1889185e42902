import GovernorCore

/// Labels as a test's record or question names them.
struct LabelsDraft {
    var labels = Labels()
    var estimate: Money?
}

/// One entry of `records`.
struct TestRecordDraft {
    var at: Placed<WrittenTime>?
    var every: Placed<Span>?
    var times: Placed<Int64>?
    var id: Placed<String>?
    var about = LabelsDraft()
    var tokens = TokenCounts()
    var cost: Money?
    var outcome: Outcome?
    var errorKind: String?
}

extension Form where Draft == TestRecordDraft {
    static var testRecord: Form {
        Form(
            noun: "a record",
            fields: [
                Field("at", \.at, Reader<WrittenTime>.writtenTime.placed, "When the call is made and known."),
                Field("every", \.every, Reader<Span>.span.placed, "How long after it the entry comes again."),
                Field("times", \.times, Reader<Int64>.count.placed, "How often it comes in all."),
                Field("id", \.id, Reader<String>.labelValue.placed, "Names the call; the same id is the same call."),
            ] + Form<LabelsDraft>.labelFields.map { $0.within(\.about) } + [
                tokens("input_tokens", \.input, "Input beside what touched the cache."),
                tokens("output_tokens", \.output, "Output, with what was thought."),
                tokens("cache_read_tokens", \.cacheRead, "Read from the cache."),
                tokens("cache_write_5m_tokens", \.cacheWrite5m, "Written to the cache for five minutes."),
                tokens("cache_write_1h_tokens", \.cacheWrite1h, "Written to the cache for an hour."),
                tokens("cache_write_12h_tokens", \.cacheWrite12h, "Written to the cache for twelve hours."),
                tokens("reasoning_tokens", \.reasoning, "The part of the output that was thought."),
                Field("cost_usd", \.cost, .dollarsOrZero, "What it cost; without it the price book says."),
                Field("outcome", \.outcome, .outcome, "How it ended; success where nothing is said."),
                Field("error_kind", \.errorKind, .labelValue, "Why it failed."),
            ],
            required: ["at"])
    }

    private static func tokens(_ key: String, _ path: WritableKeyPath<TokenCounts, Int64>, _ doc: String) -> Field<
        Draft
    > {
        Field(key, Reader<Int64>.tokenCount, doc) { $0.tokens[keyPath: path] = $1 }
    }
}

extension Form where Draft == LabelsDraft {
    /// `worker session task project user team provider model source`, and `tags`.
    static var labelFields: [Field<LabelsDraft>] {
        LabelName.allCases.map { name in
            Field(name.rawValue, Reader<String>.labelValue, "Its \(name.rawValue).") { $0.labels[name] = $1 }
        } + [Field("tags", Reader<[String: String]>.tags, "Its tags, a map.") { $0.labels.tags = $1 }]
    }

    /// What is asked about.
    static var question: Form {
        Form(
            noun: "a question",
            fields: labelFields + [
                Field("estimate_usd", \.estimate, .dollarsOrZero, "Dollars the work is about to spend.")
            ])
    }

    /// Whose pauses an operator ends.
    static var whose: Form { Form(noun: "labels", fields: labelFields) }
}

extension Reader where Value == TestRecordDraft {
    static var testRecord: Reader {
        Form<TestRecordDraft>.testRecord.reader(.init()) { draft, node, reading in
            if (draft.every == nil) != (draft.times == nil) {
                let (given, missing) = draft.every == nil ? ("times", "every") : ("every", "times")
                reading.error(
                    "this record has \"\(given)\" without \"\(missing)\"", at: node.place,
                    hint: "every: 5m, times: 12 is twelve calls, five minutes apart")
            }
            if draft.times != nil, let id = draft.id {
                reading.error(
                    "an id is one call, and this entry is several", at: id.place,
                    hint: "remove the id, or every and times")
            }
            // A value that could not be read was given all the same.
            if case .map(let entries) = node.content,
                !entries.contains(where: { ["model", "cost_usd"].contains($0.key) })
            {
                reading.error("a record needs a model, or its cost_usd", at: node.place)
            }
        }
    }
}

extension Reader where Value == String {
    /// What a label may be.
    static var labelValue: Reader {
        let hint = "write 1 to \(Labels.valueLimit) bytes on one line"
        return .scalar("a label's value", .scalar(pattern: Pattern.glob), hint: hint) { text in
            let isPlain = text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
            return isPlain && (1...Labels.valueLimit).contains(text.utf8.count) ? text : nil
        }
    }
}

extension Reader where Value == [String: String] {
    static var tags: Reader {
        let shape = Shape.map(keys: Pattern.glob, of: Reader<String>.labelValue.shape, atLeast: 0)
        return Reader(noun: "a map of tags", shape: shape) { node, reading in
            guard case .map(let entries) = node.content else {
                reading.mismatch(node, expected: "a map of tags")
                return nil
            }
            var tags: [String: String] = [:]
            for entry in entries { tags[entry.key] = Reader<String>.labelValue.read(entry.value, &reading) }
            return tags
        }
    }
}

extension Reader where Value == Int64 {
    /// Tokens of one class of one call.
    static var tokenCount: Reader {
        let noun = "a whole number from 0 to \(TokenCounts.limit)"
        return .scalar(
            noun, .whole(atLeast: 0, atMost: TokenCounts.limit), hint: "write it in digits, such as 6_000_000"
        ) {
            text in
            let groups = text.split(separator: "_", omittingEmptySubsequences: false)
            guard groups.allSatisfy({ !$0.isEmpty && Digits.areAll($0) }), let value = Int64(groups.joined()) else {
                return nil
            }
            return value <= TokenCounts.limit ? value : nil
        }
    }
}

extension Reader where Value == Money {
    /// Zero or more, in plain digits with at most nine decimal places.
    static var dollarsOrZero: Reader {
        let hint = "write it in plain digits, such as 0, 25 or 12.50"
        return .scalar("a dollar amount", .scalar(pattern: ""), hint: hint) { text in
            Digits.areDecimal(text, places: 9) ? Money(dollars: text) : nil
        }
    }
}

extension Reader where Value == Outcome {
    static var outcome: Reader {
        .choice("outcome", [("success", .success), ("error", .error), ("cancelled", .cancelled)])
    }
}
