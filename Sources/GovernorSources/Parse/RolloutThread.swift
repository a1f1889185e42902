import GovernorCore

/// What the lines of a rollout so far say of those to come.
struct RolloutThread: Hashable, Sendable {
    /// The session's own id, from the first `session_meta`.
    var id: String?
    var provider: String?
    var folder: String?
    var model: String?
    /// The turn that was started last.
    var turn: String?
    /// Whether the file may begin with what is copied from another session.
    var isFork = false
    /// The session from which the oldest of what is copied comes, as far as the file says.
    var eldest: String?
    /// When the session was made.
    var created: Timestamp?
    /// `subagent_history_start_ordinal`: lines of a lower ordinal are the parent's.
    var start: Int64?
    var counters = RolloutCounters()
    /// The response that was told of last, until an event holds it.
    var response: Response?

    /// One call, by the id its provider gave it.
    struct Response: Hashable, Sendable {
        var id: String
        var usage: RolloutUsage
    }

    init() {}

    /// Servers on one's own machine, as Codex calls them (`--oss`, `model_providers`). Their models cost nothing under the
    /// name that says where they run.
    private static let localProviders: Set<String> = ["oss", "ollama", "ollama-chat"]

    /// Calls before any turn that names its model (versions of 2025) are booked under a name that has no price: counted
    /// as unpriced, and never as nothing.
    var modelLabel: String {
        guard let model else { return "codex-unknown" }
        return Self.localProviders.contains(provider ?? "") && !model.contains("/") ? "ollama/\(model)" : model
    }

    /// What the identities of events begin with.
    func origin(in file: String) -> String {
        turn ?? eldest ?? id ?? LineText.lastName(ofPath: file) ?? file
    }

    /// Whether an event was copied from the session this one was forked from, which tells of it itself.
    func isCopied(ordinal: Int64?, time: Timestamp) -> Bool {
        guard isFork else { return false }
        if let start, let ordinal { return ordinal < start }
        // The turn was started before the session was made.
        if let turn = turn.flatMap(Self.moment(ofId:)), let own = id.flatMap(Self.moment(ofId:)), turn < own {
            return true
        }
        return created.map { time < $0 } ?? false
    }

    /// The milliseconds with which a UUID of version 7 begins (RFC 9562); nil for any other id.
    static func moment(ofId id: String) -> Int64? {
        let digits = id.utf8.filter { $0 != UInt8(ascii: "-") }
        guard digits.count == 32, id.utf8.count == 36, digits[12] == UInt8(ascii: "7") else { return nil }
        return Int64(String(decoding: digits.prefix(12), as: UTF8.self), radix: 16)
    }
}

extension RolloutThread {
    /// What `write` wrote; nil when it didn't.
    init?(_ json: JSON) {
        id = json["id"]?.string
        provider = json["provider"]?.string
        folder = json["folder"]?.string
        model = json["model"]?.string
        turn = json["turn"]?.string
        isFork = json["fork"]?.bool ?? false
        eldest = json["eldest"]?.string
        created = json["created"]?.integer.map { Timestamp(milliseconds: $0) }
        start = json["start"]?.integer
        if let id = json["response"]?.string, let usage = json["used"]?.string.flatMap({ RolloutUsage(text: $0) }) {
            response = Response(id: id, usage: usage)
        }
        guard let texts = json["totals"]?.array?.compactMap(\.string), let counters = RolloutCounters(texts: texts)
        else { return nil }
        self.counters = counters
    }

    /// What the next read has to know.
    func write(_ json: inout JSONWriter) {
        json.field("id", ifPresent: id)
        json.field("provider", ifPresent: provider)
        json.field("folder", ifPresent: folder)
        json.field("model", ifPresent: model)
        json.field("turn", ifPresent: turn)
        if isFork { json.field("fork", true) }
        json.field("eldest", ifPresent: eldest)
        if let created { json.field("created", created.milliseconds) }
        if let start { json.field("start", start) }
        json.field("response", ifPresent: response?.id)
        json.field("used", ifPresent: response?.usage.text)
        json.field("totals", array: counters.texts) { $0.value($1) }
    }
}
