import GovernorCore

/// A coding agent's transcript line (`facts/claude-code.md`): a record when it holds `message.usage`, or, in the
/// `progress` lines of old versions, usage under `data.message`.
struct TranscriptLine {
    private enum Field: Int, SkimField {
        case message, request, timestamp, session, folder, isSidechain, agent, line, cost, isError, data

        static let keys: [StaticString] = [
            "message", "requestId", "timestamp", "sessionId", "cwd", "isSidechain", "agentId", "uuid", "costUSD",
            "isApiErrorMessage", "data",
        ]
    }

    private enum MessageField: Int, SkimField {
        case id, model, usage, content

        static let keys: [StaticString] = ["id", "model", "usage", "content"]
    }

    private enum ProgressField: Int, SkimField {
        case message, agent

        static let keys: [StaticString] = ["message", "agentId"]
    }

    /// What `data.message` may hold beside the message: it is the line of a subagent, or its message at once.
    private enum NestedField: Int, SkimField {
        case message, request, timestamp, isSidechain, line

        static let keys: [StaticString] = ["message", "requestId", "timestamp", "isSidechain", "uuid"]
    }

    /// What the message itself says, wherever it stood.
    private struct Call {
        var message: ObjectSkim<MessageField>
        var usage: UnsafeRawBufferPointer
        var nested: ObjectSkim<NestedField>?
        var agent: String?
    }

    /// Reads one line.
    /// - Returns: nil when the line is about no call.
    static func record(
        _ bytes: UnsafeRawBufferPointer, file: String, offset: Int64, zone: Zone
    ) throws(LineProblem) -> UsageRecord? {
        let line = try ObjectSkim<Field>(bytes)
        guard let call = try call(of: line) else { return nil }
        let message = call.message
        let usage = try TranscriptUsage(call.usage)
        guard let model = try message.text(.model) else { throw LineProblem("usage without a model") }
        guard model.utf8.count <= Labels.valueLimit else {
            throw LineProblem("model is longer than \(Labels.valueLimit) bytes")
        }
        let time = try time(nested: call.nested, line: line, zone: zone)

        var labels = Labels()
        labels.source = FileKind.transcript.rawValue
        labels.model = model
        labels.session = LineText.label(try line.text(.session))
        let folder = try line.text(.folder)
        labels.project = folder.flatMap { LineText.label(LineText.lastName(ofPath: $0)) }
        if let agent = LineText.label(try line.text(.agent) ?? call.agent) { labels.tags["agent"] = agent }

        let isError = line.isTrue(.isError)
        var record = UsageRecord(
            identity: try identity(call, line: line, file: file, offset: offset), growth: .larger, time: time,
            labels: labels, tokens: usage.tokens, terms: usage.terms,
            reportedCost: LineNumbers.cost(try line.value(.cost)),
            outcome: isError ? .error : .success,
            errorKind: isError ? errorKind(message[.content]) : nil,
            raw: UsageRecord.RawReference(file: file, offset: offset))
        record.workingFolder = folder
        return record
    }

    private static func call(of line: ObjectSkim<Field>) throws(LineProblem) -> Call? {
        if let message = try line.object(.message, as: MessageField.self) {
            guard message.hasObject(.usage), let usage = message[.usage] else { return nil }
            return Call(message: message, usage: usage)
        }
        guard let progress = try line.object(.data, as: ProgressField.self),
            let nested = try progress.object(.message, as: NestedField.self)
        else { return nil }
        let inner = try nested.object(.message, as: MessageField.self)
        // Without a line of its own around it, the message is what `message` holds.
        let outer = inner == nil ? try progress.object(.message, as: MessageField.self) : nil
        guard let message = inner ?? outer, message.hasObject(.usage), let usage = message[.usage] else { return nil }
        return Call(message: message, usage: usage, nested: nested, agent: try progress.text(.agent))
    }

    private static func identity(
        _ call: Call, line: ObjectSkim<Field>, file: String, offset: Int64
    ) throws(LineProblem) -> CallIdentity {
        let request = try own(.request, .request, call, line)
        let isSidechain = line.isTrue(.isSidechain) || call.nested?.isTrue(.isSidechain) == true
        guard let id = try call.message.text(.id) else {
            // A file written anew holds other lines at the same places: the line's own id tells them apart.
            let lineId = try own(.line, .line, call, line)
            return CallIdentity(
                key: "transcript/\(file)@\(offset)", request: request ?? lineId, isSidechain: isSidechain,
                joinsByKey: false)
        }
        guard id.utf8.count <= Labels.valueLimit, request?.utf8.count ?? 0 <= Labels.valueLimit else {
            throw LineProblem("message.id or requestId is longer than \(Labels.valueLimit) bytes")
        }
        return CallIdentity(key: "transcript/\(id)", request: request, isSidechain: isSidechain)
    }

    /// What the nested line of a `progress` line says, else the line itself.
    private static func own(
        _ nestedField: NestedField, _ field: Field, _ call: Call, _ line: ObjectSkim<Field>
    ) throws(LineProblem) -> String? {
        if let nested = try call.nested?.text(nestedField) { return nested }
        return try line.text(field)
    }

    private static func time(
        nested: ObjectSkim<NestedField>?, line: ObjectSkim<Field>, zone: Zone
    ) throws(LineProblem) -> Timestamp {
        guard let text = nested?[.timestamp] ?? line[.timestamp] else { throw LineProblem("no timestamp") }
        // The text between the quotes, unread: a timestamp has nothing to unescape.
        let inside = UnsafeRawBufferPointer(rebasing: text.dropFirst().dropLast())
        if text.first == UInt8(ascii: "\""), let time = LineTime.plainInstant(inside) { return time }
        guard text.first == UInt8(ascii: "\""), let reading = RFC3339.read(inside)
        else {
            let shown = String(decoding: text.prefix(60), as: UTF8.self)
            throw LineProblem("timestamp must be an RFC 3339 time; got \(shown)")
        }
        return LineTime.instant(reading, zone)
    }

    /// `isApiErrorMessage` lines say what went wrong in their content: `Claude AI usage limit reached|1736100000`.
    private static func errorKind(_ content: UnsafeRawBufferPointer?) -> String {
        guard let content else { return "other" }
        return ErrorKind.classify(String(decoding: content.prefix(2000), as: UTF8.self))
    }
}
