import GovernorCore

/// A `TokenUsage` of Codex: input includes what came from and went to the cache, output includes reasoning. Sums of a
/// session, so far beyond what one call may have.
struct RolloutUsage: Hashable, Sendable {
    var input: Int64 = 0
    var cached: Int64 = 0
    var written: Int64 = 0
    var output: Int64 = 0
    var reasoning: Int64 = 0

    private enum Field: Int, SkimField {
        case input, cached, written, output, reasoning

        static let keys: SkimKeys = [
            "input_tokens", "cached_input_tokens", "cache_write_input_tokens", "output_tokens",
            "reasoning_output_tokens",
        ]
    }

    init() {}

    /// - Parameter text: the object.
    init(_ text: UnsafeRawBufferPointer) throws(LineProblem) {
        let usage = try ObjectSkim<Field>(text)
        func count(_ field: Field) throws(LineProblem) -> Int64 {
            guard usage[field] != nil else { return 0 }
            guard let count = try usage.integer(field), (0...Self.limit).contains(count) else {
                let shown = try usage.value(field)?.shown ?? ""
                throw LineProblem("\(Field.keys.names[field.rawValue]) must be a whole number from 0 on; got \(shown)")
            }
            return count
        }
        (input, cached, written) = (try count(.input), try count(.cached), try count(.written))
        (output, reasoning) = (try count(.output), try count(.reasoning))
    }

    /// Far beyond what a session can use, and far below where sums would overflow.
    private static let limit: Int64 = 1 << 50

    /// Whether nothing in it is less than in `other`: the same counter may have gone from there to here.
    func holds(_ other: RolloutUsage) -> Bool {
        input >= other.input && cached >= other.cached && written >= other.written && output >= other.output
            && reasoning >= other.reasoning
    }

    static func - (left: RolloutUsage, right: RolloutUsage) -> RolloutUsage {
        var rest = RolloutUsage()
        rest.input = left.input - right.input
        rest.cached = left.cached - right.cached
        rest.written = left.written - right.written
        rest.output = left.output - right.output
        rest.reasoning = left.reasoning - right.reasoning
        return rest
    }

    /// The classes as records have them, cache taken out of the input. Of a write to the cache Codex doesn't say for how
    /// long; it counts as the plain one.
    var tokens: TokenCounts {
        TokenCounts(
            input: max(0, input - cached - written), output: output, cacheRead: cached, cacheWrite5m: written,
            reasoning: reasoning)
    }

    /// `24005.2432.0.412.291`.
    var text: String { "\(input).\(cached).\(written).\(output).\(reasoning)" }

    /// What `text` wrote; nil when it didn't.
    init?(text: some StringProtocol) {
        let counts = text.split(separator: ".", omittingEmptySubsequences: false).map { Int64($0) }
        guard counts.count == 5, let input = counts[0], let cached = counts[1], let written = counts[2],
            let output = counts[3], let reasoning = counts[4],
            [input, cached, written, output, reasoning].allSatisfy({ (0...Self.limit).contains($0) })
        else { return nil }
        (self.input, self.cached, self.written) = (input, cached, written)
        (self.output, self.reasoning) = (output, reasoning)
    }
}

/// Makes of a session's running totals what each event adds.
///
/// Adding up `last_token_usage` over-counts, since an event is written again without a call, and after a compaction with
/// another `last`. The difference of the totals alone fails where they go down: when they begin anew, when an event comes
/// late, when two threads write into one file. So a few totals are remembered, newest first, and an event is taken for
/// the next of the one from which its own `last` leads to it.
struct RolloutCounters: Hashable, Sendable {
    /// A total, and the one it was counted from.
    struct Step: Hashable, Sendable {
        var before: RolloutUsage
        var total: RolloutUsage
    }

    private static let remembered = 4

    private(set) var steps: [Step] = []

    init(steps: [Step] = []) { self.steps = Array(steps.prefix(Self.remembered)) }

    /// Takes the next event in.
    ///
    /// - Parameters:
    ///   - total: `total_token_usage`.
    ///   - last: `last_token_usage`, what the event calls its own; nil where it doesn't.
    ///   - inherits: whether the first total of a file may be another session's, which a fork goes on from.
    /// - Returns: what was used since the event before; never below zero.
    mutating func add(total: RolloutUsage, last: RolloutUsage?, inherits: Bool) -> RolloutUsage {
        guard !steps.contains(where: { $0.total == total }) else { return RolloutUsage() }
        if let last, let place = steps.firstIndex(where: { total.holds($0.total) && total - $0.total == last }) {
            return go(from: steps.remove(at: place).total, to: total)
        }
        if let newest = steps.first, total.holds(newest.total) {
            steps.removeFirst()
            return go(from: newest.total, to: total)
        }
        // A total that is all its own: a counter that begins.
        guard let last, total.holds(last), total != last else { return go(from: RolloutUsage(), to: total) }
        if steps.isEmpty { return go(from: inherits ? total : total - last, to: total) }
        // Within a step that was counted already: an event that was written late.
        guard !steps.contains(where: { $0.total.holds(total) && total.holds($0.before) }) else { return RolloutUsage() }
        return go(from: total - last, to: total)
    }

    private mutating func go(from before: RolloutUsage, to total: RolloutUsage) -> RolloutUsage {
        steps.insert(Step(before: before, total: total), at: 0)
        if steps.count > Self.remembered { steps.removeLast() }
        return total - before
    }
}

extension RolloutCounters {
    /// The steps, each `before>total`.
    var texts: [String] { steps.map { "\($0.before.text)>\($0.total.text)" } }

    /// What `texts` wrote; nil when it didn't.
    init?(texts: [String]) {
        var steps: [Step] = []
        for text in texts {
            let parts = text.split(separator: ">", omittingEmptySubsequences: false)
            guard parts.count == 2, let before = RolloutUsage(text: parts[0]), let total = RolloutUsage(text: parts[1]),
                total.holds(before)
            else { return nil }
            steps.append(Step(before: before, total: total))
        }
        self.init(steps: steps)
    }
}
