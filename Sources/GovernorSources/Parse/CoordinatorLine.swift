import GovernorCore

/// A line of a coordinator's `api-calls-YYYY-MM-DD.jsonl` (`contract/usage.md`, format 1).
enum CoordinatorLine {
    private enum Field: Int, SkimField {
        typealias Lanes = SIMD32<UInt32>

        case timestamp, task, worker, session, model, input, output, total, cost, duration, firstToken, exitCode,
            success, errorMessage
        case cacheRead, cacheReadInput, tokensCacheRead, write5m, write1h, write, writeInput, creation, tokensCacheWrite

        static let keys: SkimKeys = [
            "timestamp", "task_id", "worker_id", "session_id", "model", "tokens_input", "tokens_output", "tokens_total",
            "estimated_cost_usd", "duration_seconds", "time_to_first_token", "exit_code", "success", "error_message",
            "cache_read_tokens", "cache_read_input_tokens", "tokens_cache_read", "cache_write_5m_tokens",
            "cache_write_1h_tokens", "cache_write_tokens", "cache_creation_input_tokens", "cache_creation_tokens",
            "tokens_cache_write",
        ]
    }

    /// Reads one line. Fields that only describe the call cost nobody its spend when they make no sense: Python writes
    /// `NaN` where it has no speed.
    /// - Parameter zone: where the coordinator's clock stands; its timestamps carry no zone.
    static func record(_ place: SourceLine, zone: Zone) throws(LineProblem) -> UsageRecord {
        let line = try ObjectSkim<Field>(place.bytes)
        guard let written = try text(line, .timestamp) else { throw LineProblem("no timestamp") }
        guard let reading = RFC3339.read(written.utf8) else {
            throw LineProblem("timestamp must be an ISO 8601 time; got \(JSON.string(written).shown)")
        }
        guard let model = try text(line, .model) else { throw LineProblem("no model") }
        let (task, worker, session) = (try text(line, .task), try text(line, .worker), try text(line, .session))
        for (name, value) in [("model", model), ("task_id", task), ("worker_id", worker), ("session_id", session)]
        where value?.utf8.count ?? 0 > Labels.valueLimit {
            throw LineProblem("\(name) is longer than \(Labels.valueLimit) bytes")
        }
        let tokens = try tokens(line)
        let outcome = outcome(line)
        let message = said(line, .errorMessage)?.string
        let key = "coordinator/\(task ?? "")/\(worker ?? "")/\(written)/\(tokens.input)/\(tokens.output)"
        var labels = Labels()
        labels.source = SourceKind.coordinator.rawValue
        labels.model = model
        labels.worker = worker
        labels.task = task
        labels.session = session
        return UsageRecord(
            identity: CallIdentity(key: key), growth: .later, time: LineTime.instant(reading, zone), labels: labels,
            tokens: tokens, reportedCost: LineNumbers.cost(LineNumbers.unquoted(said(line, .cost))),
            durationMilliseconds: LineNumbers.milliseconds(seconds: LineNumbers.unquoted(said(line, .duration))),
            firstTokenMilliseconds: LineNumbers.milliseconds(seconds: LineNumbers.unquoted(said(line, .firstToken))),
            outcome: outcome, errorKind: outcome == .success ? nil : ErrorKind.classify(message ?? ""),
            raw: place.place)
    }

    /// Cache tokens, which the coordinator's own lines don't have, are taken under the names their neighbours use.
    ///
    /// What is missing of input and output follows from the total. A total alone is taken for input: of what an agent
    /// uses all but a few percent are prompts.
    private static func tokens(_ line: ObjectSkim<Field>) throws(LineProblem) -> TokenCounts {
        let (input, output) = (try count(line, .input), try count(line, .output))
        let total = try count(line, .total)
        guard input != nil || total != nil else { throw LineProblem("no tokens_input and no tokens_total") }
        guard output != nil || total != nil else { throw LineProblem("no tokens_output and no tokens_total") }
        var tokens = TokenCounts(
            input: input ?? max(0, (total ?? 0) - (output ?? 0)),
            output: output ?? max(0, (total ?? 0) - (input ?? total ?? 0)))
        tokens.cacheRead = try count(line, .cacheRead, .cacheReadInput, .tokensCacheRead) ?? 0
        tokens.cacheWrite1h = try count(line, .write1h) ?? 0
        let unsplit = try count(line, .write, .writeInput, .creation, .tokensCacheWrite)
        tokens.cacheWrite5m = try count(line, .write5m) ?? max(0, (unsplit ?? 0) - tokens.cacheWrite1h)
        return tokens
    }

    /// The count under the first of the names that has one.
    private static func count(_ line: ObjectSkim<Field>, _ fields: Field...) throws(LineProblem) -> Int64? {
        for field in fields {
            guard let value = LineNumbers.unquoted(try line.value(field)) else { continue }
            return try LineNumbers.count(value, name: "\(Field.keys.names[field.rawValue])")
        }
        return nil
    }

    /// `success` decides, then the exit code, then whether there is an error's message.
    private static func outcome(_ line: ObjectSkim<Field>) -> Outcome {
        switch said(line, .success) {
        case .bool(let success)?: return success ? .success : .error
        case .string(let word)? where ["true", "1"].contains(word.lowercased()): return .success
        case .string(let word)? where ["false", "0"].contains(word.lowercased()): return .error
        case let number? where number.integer != nil: return number.integer == 0 ? .error : .success
        default: break
        }
        if let code = LineNumbers.unquoted(said(line, .exitCode))?.integer { return code == 0 ? .success : .error }
        if case .string(let message)? = said(line, .errorMessage), !message.isEmpty { return .error }
        return .success
    }

    /// What a field that only describes says; nil when it can't be read.
    private static func said(_ line: ObjectSkim<Field>, _ field: Field) -> JSON? {
        do throws(LineProblem) { return try line.value(field) } catch { return nil }
    }

    /// A text that says something; numbers as ids are taken by their digits.
    private static func text(_ line: ObjectSkim<Field>, _ field: Field) throws(LineProblem) -> String? {
        switch try line.value(field) {
        case .string(let text)?: text.isEmpty ? nil : text
        case .number(let digits)?: digits
        default: nil
        }
    }
}

/// Reads a coordinator's daily log, in which each line speaks for itself.
struct CoordinatorParser: LineParser {
    private let context: LineContext

    init?(state: String?, context: LineContext) { self.context = context }

    var state: String? { nil }
    var source: SourceKind { .coordinator }

    func mayMatter(_ line: UnsafeRawBufferPointer) -> Bool { true }

    mutating func read(_ line: SourceLine, into records: inout [UsageRecord]) throws(LineProblem) {
        records.append(try CoordinatorLine.record(line, zone: context.zone))
    }
}
