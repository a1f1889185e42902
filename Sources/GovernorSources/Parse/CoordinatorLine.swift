import GovernorCore

/// A line of a coordinator's `api-calls-YYYY-MM-DD.jsonl` (`contract/usage.md`, format 1).
enum CoordinatorLine {
    /// Reads one line.
    /// - Parameter zone: where the coordinator's clock stands; its timestamps carry no zone.
    static func record(
        _ bytes: UnsafeRawBufferPointer, file: String, offset: Int64, zone: Zone
    ) throws(LineProblem) -> UsageRecord {
        let line: JSON
        do throws(JSONReader.Failure) { line = try JSONReader.read(bytes) } catch { throw LineProblem(error) }
        guard line.members != nil else { throw LineProblem("expected an object; got \(line.shown)") }
        guard let written = text(line["timestamp"]) else { throw LineProblem("no timestamp") }
        guard let reading = RFC3339.read(written.utf8) else {
            throw LineProblem("timestamp must be an ISO 8601 time; got \(JSON.string(written).shown)")
        }
        guard let model = text(line["model"]) else { throw LineProblem("no model") }
        let (task, worker, session) = (text(line["task_id"]), text(line["worker_id"]), text(line["session_id"]))
        for (name, value) in [("model", model), ("task_id", task), ("worker_id", worker), ("session_id", session)]
        where value?.utf8.count ?? 0 > Labels.valueLimit {
            throw LineProblem("\(name) is longer than \(Labels.valueLimit) bytes")
        }
        let tokens = try tokens(line)
        let outcome = outcome(line)
        let message = text(line["error_message"])
        let key = "coordinator/\(task ?? "")/\(worker ?? "")/\(written)/\(tokens.input)/\(tokens.output)"
        var labels = Labels()
        labels.source = FileKind.coordinator.rawValue
        labels.model = model
        labels.worker = worker
        labels.task = task
        labels.session = session
        return UsageRecord(
            identity: CallIdentity(key: key), growth: .later, time: LineTime.instant(reading, zone), labels: labels,
            tokens: tokens, reportedCost: LineNumbers.cost(line["estimated_cost_usd"]),
            durationMilliseconds: LineNumbers.milliseconds(seconds: line["duration_seconds"]),
            firstTokenMilliseconds: LineNumbers.milliseconds(seconds: line["time_to_first_token"]), outcome: outcome,
            errorKind: outcome == .success ? nil : ErrorKind.classify(message ?? ""),
            raw: UsageRecord.RawReference(file: file, offset: offset))
    }

    /// Cache tokens, which the coordinator's own lines don't have, are taken under the names their neighbours use.
    private static func tokens(_ line: JSON) throws(LineProblem) -> TokenCounts {
        guard let input = try count(line, "tokens_input") else { throw LineProblem("no tokens_input") }
        guard let output = try count(line, "tokens_output") else { throw LineProblem("no tokens_output") }
        var tokens = TokenCounts(input: input, output: output)
        tokens.cacheRead = try count(line, "cache_read_tokens", "cache_read_input_tokens", "tokens_cache_read") ?? 0
        tokens.cacheWrite1h = try count(line, "cache_write_1h_tokens") ?? 0
        let unsplit = try count(
            line, "cache_write_tokens", "cache_creation_input_tokens", "cache_creation_tokens", "tokens_cache_write")
        tokens.cacheWrite5m =
            try count(line, "cache_write_5m_tokens") ?? max(0, (unsplit ?? 0) - tokens.cacheWrite1h)
        return tokens
    }

    /// The count under the first of the names that has one.
    private static func count(_ line: JSON, _ names: String...) throws(LineProblem) -> Int64? {
        for name in names {
            if let value = line[name], !value.isNull { return try LineNumbers.count(value, name: name) }
        }
        return nil
    }

    /// `success` decides, then the exit code, then whether there is an error's message.
    private static func outcome(_ line: JSON) -> Outcome {
        if let success = line["success"]?.bool { return success ? .success : .error }
        if let code = line["exit_code"]?.integer { return code == 0 ? .success : .error }
        return text(line["error_message"]) == nil ? .success : .error
    }

    /// A text that says something; numbers as ids are taken by their digits.
    private static func text(_ value: JSON?) -> String? {
        switch value {
        case .string(let text)?: text.isEmpty ? nil : text
        case .number(let digits)?: digits
        default: nil
        }
    }
}
