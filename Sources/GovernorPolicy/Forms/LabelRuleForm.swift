import GovernorCore

/// One entry of `labels`.
struct LabelRuleDraft {
    var source: String?
    var cwd: LabelPattern?

    var rule: LabelRule? {
        guard let source, let cwd else { return nil }
        return LabelRule(source: source, workingFolder: cwd)
    }
}

extension Form where Draft == LabelRuleDraft {
    static var labelRule: Form {
        Form(
            noun: "a label rule",
            fields: [
                Field("source", \.source, .name, "The kind of source it is for, such as transcript."),
                Field(
                    "cwd", \.cwd, .labelPattern,
                    "A regular expression for the whole working folder, whose named groups become labels."),
            ],
            required: ["source", "cwd"])
    }
}

extension Reader where Value == LabelRuleDraft {
    static var labelRule: Reader { Form<LabelRuleDraft>.labelRule.reader(.init()) }
}

extension Reader where Value == LabelPattern {
    /// A regular expression whose named groups are labels.
    static var labelPattern: Reader {
        .text("a regular expression", .scalar(pattern: "")) { text, place, reading in
            guard text.utf8.count <= 1024 else {
                reading.error("this regular expression is over 1024 bytes", at: place)
                return nil
            }
            guard let pattern = LabelPattern(text) else {
                reading.error(
                    "this is not a regular expression", at: place,
                    hint: "are all its brackets closed and its groups named?")
                return nil
            }
            if pattern.groups.isEmpty {
                reading.warning(
                    "this names no label, so it sets nothing", at: place, hint: "name a group, such as (?<worker>[^/]+)"
                )
            }
            let unknown = pattern.groups.filter { LabelName(rawValue: $0) == nil }
            for group in unknown { _ = Reader<LabelKey>.key(group, at: place, or: [], &reading) }
            return unknown.isEmpty ? pattern : nil
        }
    }
}
