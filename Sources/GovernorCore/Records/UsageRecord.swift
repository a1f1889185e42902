/// Tokens of one call by class. Input excludes everything that touched the cache; reasoning is inside output.
package struct TokenCounts: Hashable, Sendable {
    package var input: Int64 = 0
    package var output: Int64 = 0
    package var cacheRead: Int64 = 0
    package var cacheWrite5m: Int64 = 0
    package var cacheWrite1h: Int64 = 0
    package var cacheWrite12h: Int64 = 0
    package var reasoning: Int64 = 0

    /// More tokens than this in one class of one call is no usage but an error; the sums of a record stay far below 2^63
    /// (and saturate where nobody looked).
    package static let limit: Int64 = 10_000_000_000

    package init(
        input: Int64 = 0, output: Int64 = 0, cacheRead: Int64 = 0, cacheWrite5m: Int64 = 0, cacheWrite1h: Int64 = 0,
        cacheWrite12h: Int64 = 0, reasoning: Int64 = 0
    ) {
        self.input = input
        self.output = output
        self.cacheRead = cacheRead
        self.cacheWrite5m = cacheWrite5m
        self.cacheWrite1h = cacheWrite1h
        self.cacheWrite12h = cacheWrite12h
        self.reasoning = reasoning
    }

    package var cacheWrite: Int64 { cacheWrite5m.saturatingAdding(cacheWrite1h).saturatingAdding(cacheWrite12h) }

    /// The whole prompt, cache included: what chooses the price tier.
    package var prompt: Int64 { input.saturatingAdding(cacheRead).saturatingAdding(cacheWrite) }

    package var total: Int64 { prompt.saturatingAdding(output) }

    /// The first class that is negative or beyond `limit`, by its name in records.
    package var outOfRange: String? {
        let classes: [(String, Int64)] = [
            ("input_tokens", input), ("output_tokens", output), ("cache_read_tokens", cacheRead),
            ("cache_write_5m_tokens", cacheWrite5m), ("cache_write_1h_tokens", cacheWrite1h),
            ("cache_write_12h_tokens", cacheWrite12h), ("reasoning_tokens", reasoning),
        ]
        return classes.first { $0.1 < 0 || $0.1 > Self.limit }?.0
    }
}

/// How a call was bought: what multiplies its price where the price book lists it.
package struct Terms: Hashable, Sendable {
    package enum Tier: String, Sendable { case standard, batch, flex, priority }

    package var tier: Tier = .standard
    /// `speed: fast`.
    package var fast = false
    /// `inference_geo: us`.
    package var usGeography = false
    package var webSearches: Int64 = 0

    package init(tier: Tier = .standard, fast: Bool = false, usGeography: Bool = false, webSearches: Int64 = 0) {
        self.tier = tier
        self.fast = fast
        self.usGeography = usGeography
        self.webSearches = webSearches
    }
}

/// Where a cost comes from.
package enum CostOrigin: String, Sendable {
    /// The source named it.
    case reported
    /// From the price book (or free on purpose).
    case priced
    /// No price is known; the amount is the policy's stand-in.
    case unpriced
}

/// How a call ended.
package enum Outcome: String, Sendable { case success, error, cancelled }

/// Who a call is, so that it counts once however often it is seen.
package struct CallIdentity: Hashable, Sendable {
    /// What all copies of the call share, led by its kind of source: `transcript/msg_01…`, `push/job-17`.
    package var key: String
    /// The request's own id, which tells two calls with one message id apart.
    package var request: String?
    /// Whether this copy was written by a subagent, into its own file or as a replay.
    package var isSidechain: Bool
    /// Whether any copy of the call was a sidechain's: then the key alone decides who is the same call.
    package var joinsByKey: Bool

    package init(key: String, request: String? = nil, isSidechain: Bool = false, joinsByKey: Bool? = nil) {
        self.key = key
        self.request = request
        self.isSidechain = isSidechain
        self.joinsByKey = joinsByKey ?? isSidechain
    }

    /// A call under the id of the message it answered with, which its provider gave it (`msg_01…`).
    ///
    /// - Parameter request: the id of the request, where the source tells it.
    package static func message(_ id: String, request: String? = nil, isSidechain: Bool = false) -> CallIdentity {
        CallIdentity(key: "transcript/\(id)", request: request, isSidechain: isSidechain)
    }

    /// A call under the id of its request alone, which its provider gave it (`req_01…`): the same call as a message with
    /// that request.
    package static func request(_ id: String) -> CallIdentity { CallIdentity(key: requestAlone + id, request: id) }

    private static let requestAlone = "request/"

    /// Whether nothing but the request is known of it, and not which message answered.
    package var isRequestAlone: Bool { key.utf8.starts(with: Self.requestAlone.utf8) }

    /// A call under an id that came from wherever: a provider's own id of a message or a request names the same call in
    /// every source; any other is only good within `scope`.
    package static func foreign(_ id: String, scope: String) -> CallIdentity {
        // A provider's are long and random; short ones are somebody's own.
        guard id.utf8.count >= 20 else { return CallIdentity(key: "\(scope)/\(id)") }
        if id.hasPrefix("msg_") { return CallIdentity(key: "transcript/\(id)", joinsByKey: true) }
        if id.hasPrefix("req_") { return .request(id) }
        return CallIdentity(key: "\(scope)/\(id)")
    }

    /// The record's `id` as people see it, without the kind of source.
    package var id: String {
        let bare = key.firstIndex(of: "/").map { String(key[key.index(after: $0)...]) } ?? key
        return request.map { "\(bare):\($0)" } ?? bare
    }
}

/// Which of two copies of a call is kept.
package enum GrowthRule: String, Sendable {
    /// Streamed lines grow: the one with the larger token total, in whatever order they arrive.
    case larger
    /// Sources that restate history: the one that arrived last, up or down.
    case later
}

/// One billed model call.
package struct UsageRecord: Hashable, Sendable {
    package var identity: CallIdentity
    package var growth: GrowthRule
    /// When the call was made.
    package var time: Timestamp
    package var labels: Labels
    package var tokens: TokenCounts
    package var terms: Terms
    /// What the source itself says the call cost.
    package var reportedCost: Money?
    /// What it is booked at; set by `PriceBook.price`.
    package var cost: Money = .zero
    package var costOrigin: CostOrigin = .unpriced
    package var durationMilliseconds: Int64?
    package var firstTokenMilliseconds: Int64?
    package var outcome: Outcome
    package var errorKind: String?
    /// Where it was read, `file` and byte offset; nil for pushed records.
    package var raw: RawReference?
    /// The folder the agent worked in, for the policy's `labels:` rules; `LabelResolver` uses it up, nothing keeps it.
    package var workingFolder: String?
    /// Which kinds of sources told of the call.
    package var witnesses: SourceKinds
    /// Whether a better source reports its session, or a better copy its call (`isTwin`), so that this one is kept and not
    /// counted.
    package var isShadowed = false
    /// Whether a transcript's line tells of the same call as this event, though nothing names them both (`Twins`).
    package var isTwin = false
    /// Whether the source named no time (or one to come), so that `time` is only when it arrived. A second copy of such a
    /// record says nothing new about when the call was; `Deduplication` uses the mark up, nothing keeps it.
    package var timeIsArrival = false

    /// The line a record was read from.
    package struct RawReference: Hashable, Sendable {
        package var file: String
        package var offset: Int64

        package init(file: String, offset: Int64) {
            self.file = file
            self.offset = offset
        }
    }

    package init(
        identity: CallIdentity, growth: GrowthRule, time: Timestamp, labels: Labels, tokens: TokenCounts,
        terms: Terms = Terms(), reportedCost: Money? = nil, durationMilliseconds: Int64? = nil,
        firstTokenMilliseconds: Int64? = nil, outcome: Outcome = .success, errorKind: String? = nil,
        raw: RawReference? = nil, workingFolder: String? = nil
    ) {
        self.identity = identity
        self.growth = growth
        self.time = time
        self.labels = labels
        self.tokens = tokens
        self.terms = terms
        self.reportedCost = reportedCost
        self.durationMilliseconds = durationMilliseconds
        self.firstTokenMilliseconds = firstTokenMilliseconds
        self.outcome = outcome
        self.errorKind = errorKind
        self.raw = raw
        self.workingFolder = workingFolder
        witnesses = labels.source.flatMap(SourceKind.init(rawValue:)).map { SourceKinds($0) } ?? []
    }

    /// What the record adds to an account.
    package var amount: Amount { Amount(cost: cost, tokens: tokens.total, calls: 1) }
}
