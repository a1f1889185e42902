import ArgumentParser
import GovernorAPI
import GovernorCore

/// Works with silences.
struct SilenceVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "silence", abstract: "Mute messages for a while; limits hold as they did.",
        discussion: """
            EXAMPLES:
              governor alerts silence add --worker 'loadtest-*' --for 2h --reason "load test"
              governor alerts silence list
              governor alerts silence expire si_9e27b4c1a0d35f68
            """,
        subcommands: [SilenceAdd.self, SilenceList.self, SilenceExpire.self])
}

/// Mutes messages.
struct SilenceAdd: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Mute the messages of alerts for a while.",
        discussion: """
            Alerts of these budgets and rules about whoever the labels name; values may be patterns. It survives
            restarts. What still fires at its end is told then.

            EXAMPLES:
              governor alerts silence add --rule hot-worker --worker 'loadtest-*' --for 2h --reason "load test"
              governor alerts silence add --budget 'worker-*' --until 2026-11-23T08:00:00+01:00 --reason "known"
              governor alerts silence add --all --for 30m --reason "the receivers move"
            """)

    @OptionGroup var labels: LabelOptions
    @OptionGroup var connection: Connection

    @Option(help: "Of budgets with this name, which may be a pattern; may come several times.") var budget: [String] =
        []
    @Option(help: "Of rules with this name, which may be a pattern; may come several times.") var rule: [String] = []
    @Flag(help: "Of everything.") var all = false
    @Option(help: "When it ends: a time such as 2026-11-20T15:00:00Z.") var until: String?
    @Option(name: .customLong("for"), help: "How long it lasts, such as 2h.") var lasting: String?
    @Option(help: "Why, for everybody who misses the messages.") var reason: String
    @Option(help: "Who says so. Default: your user name.") var by: String?
    @Flag(help: "Print the answer as JSON.") var json = false

    func validate() throws {
        guard all != (try labels.labels() != Labels() || !budget.isEmpty || !rule.isEmpty) else {
            throw ValidationError(
                "say what is silenced, such as --worker 'loadtest-*', --budget or --rule, or --all for everything")
        }
        guard (until == nil) != (lasting == nil) else {
            throw ValidationError("say when it ends: --for with a duration such as 2h, or --until with a time")
        }
        if let lasting, Span(text: lasting) == nil {
            throw ValidationError("--for takes a duration such as 90m or 2h; got \(lasting)")
        }
    }

    func run() throws {
        let labels = try labels.labels()
        let answer = try connection.answer { json in
            json.field("op", "silence")
            json.labels(labels)
            if !budget.isEmpty { json.field("budget", array: budget) { $0.value($1) } }
            if !rule.isEmpty { json.field("rule", array: rule) { $0.value($1) } }
            if all { json.field("all", true) }
            json.field("until", ifPresent: until ?? lasting)
            json.field("reason", reason)
            json.field("by", OptionValue.user(by))
        }
        if json { return print(answer.line) }
        let silence = answer["silence"] ?? .null
        print("silenced: \(SilenceList.told(silence))")
    }
}

/// Silences that are not over.
struct SilenceList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List silences that are not over, also those of the policy.",
        discussion: """
            EXAMPLES:
              governor alerts silence list
              governor alerts silence list --json
            """)

    @Flag(help: "Print the answer as JSON.") var json = false
    @OptionGroup var connection: Connection

    func run() throws {
        let answer = try connection.answer { $0.field("op", "silences") }
        if json { return print(answer.line) }
        let silences = answer["silences"]?.array ?? []
        guard !silences.isEmpty else { return print("No silences.") }
        let rows = silences.map { silence in
            [
                silence["id"]?.text ?? "of the policy", Terminal.cut(Self.what(silence), 26),
                Terminal.time(silence["until"]), Terminal.cut(silence["by"]?.text ?? "", 9),
                Terminal.cut(silence["reason"]?.text ?? "", 22),
            ]
        }
        print(Terminal.table(["ID", "MUTES", "UNTIL", "BY", "REASON"], rows))
    }

    /// `si_9e27b4c1a0d35f68, hot-worker of worker loadtest-*, until 2026-11-20 15:00, by ada: load test`
    static func told(_ silence: JSON) -> String {
        let id = silence["id"]?.string.map { "\(Terminal.cut($0)), " } ?? ""
        let by = silence["by"]?.string.map { ", by \(Terminal.cut($0))" } ?? ""
        return "\(id)\(Terminal.cut(what(silence))), until \(Terminal.time(silence["until"]))\(by): "
            + Terminal.cut(silence["reason"]?.text ?? "")
    }

    /// `hot-worker of worker loadtest-*`, `everything`.
    private static func what(_ silence: JSON) -> String {
        let items = (silence["items"]?.array ?? []).map(\.text).joined(separator: ", ")
        let labels = (silence["labels"]?.members ?? []).map { label in
            let patterns = label.value.array?.map(\.text).joined(separator: " or ") ?? label.value.text
            return "\(label.key) \(patterns)"
        }.joined(separator: ", ")
        switch (items.isEmpty, labels.isEmpty) {
        case (true, true): return "everything"
        case (true, false): return labels
        case (false, true): return items
        case (false, false): return "\(items) of \(labels)"
        }
    }
}

/// Ends a silence.
struct SilenceExpire: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "expire", abstract: "End a silence now; what still fires is told.",
        discussion: """
            One of the policy's files ends when it is taken out there. Exit 1: there is no such silence.

            EXAMPLE:
              governor alerts silence expire si_9e27b4c1a0d35f68
            """)

    @Argument(help: "The silence's id, as governor alerts silence list shows it.") var silence: String
    @Option(help: "Who says so. Default: your user name.") var by: String?
    @Flag(help: "Print the answer as JSON.") var json = false
    @OptionGroup var connection: Connection

    func run() throws {
        let answer = try connection.answer { json in
            json.field("op", "expire")
            json.field("silence", silence)
            json.field("by", OptionValue.user(by))
        }
        print(json ? answer.line : "ended: \(SilenceList.told(answer["silence"] ?? .null))")
    }
}
