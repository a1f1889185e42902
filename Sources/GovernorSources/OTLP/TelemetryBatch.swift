package import GovernorCore

/// What a request gave: to be stored before it is answered.
package struct TelemetryBatch: Sendable {
    package var signal: TelemetrySignal
    /// Unpriced, with the labels that the sender names. Most telemetry is about something else and gives none.
    package var records: [UsageRecord] = []
    /// Log records, data points or spans that hold usage and could not be booked.
    package var rejected: Int64 = 0
    /// What the telemetry of a session tells of who works in it: worker, task, project, user, team, and the hold it draws
    /// on. The transcript of that session takes them (`contract/usage.md`, "Labels of a transcript").
    package var attributes: [String: Labels] = [:]
    /// The stand-ins of senders that sent events of calls here. A sender whose metrics or spans name no session (Codex's
    /// don't) has its service's name stand for one; what it tells in that name is told in full by its events.
    package var eventSenders: Set<String> = []
    /// The newest time of a record.
    package var newest: Timestamp?

    /// Why some were rejected, each reason once, the first few of them.
    private var reasons: [String] = []

    private static let reasonLimit = 3

    init(signal: TelemetrySignal) { self.signal = signal }

    /// Reads a request.
    ///
    /// - Parameters:
    ///   - body: inflated.
    ///   - limit: calls and sessions it may hold. Senders export a few hundred at a time; 64 MiB of the shortest there
    ///     could be would take gigabytes.
    /// - Throws: when it is not what it says it is, or holds more calls than anybody makes at once; then nothing of it may
    ///   be stored.
    package static func read(
        _ body: [UInt8], _ signal: TelemetrySignal, as encoding: TelemetryEncoding, limit: Int = 100_000
    ) throws(TelemetryProblem) -> TelemetryBatch {
        var books = TelemetryBooks(signal: signal, limit: limit)
        try read(body, signal, as: encoding) { item, origin throws(TelemetryProblem) in
            try books.take(item, of: origin)
        }
        return books.close()
    }

    /// Reads the items of a request, one at a time.
    /// - Throws: what `visit` throws, and when it is not what it says it is.
    package static func read(
        _ body: [UInt8], _ signal: TelemetrySignal, as encoding: TelemetryEncoding,
        _ visit: (TelemetryItem, TelemetryOrigin) throws(TelemetryProblem) -> Void
    ) throws(TelemetryProblem) {
        let result = withoutActuallyEscaping(visit) { visit in
            body.withUnsafeBytes { bytes in
                Result { () throws(TelemetryProblem) in
                    switch encoding {
                    case .json: try JSONTelemetry(signal: signal, visit: visit).read(bytes)
                    case .protobuf: try ProtobufTelemetry(signal: signal, visit: visit).read(bytes)
                    }
                }
            }
        }
        try result.get()
    }

    /// For the sender's log: what was rejected and why.
    package var complaint: String {
        let one = "\(rejected) \(signal.unit)\(rejected == 1 ? "" : "s") with usage could not be booked: "
        return one + reasons.joined(separator: "; ")
    }

    mutating func add(_ record: UsageRecord) {
        records.append(record)
        if !record.timeIsArrival { newest = max(newest ?? record.time, record.time) }
    }

    /// - Parameters:
    ///   - what: which items they were.
    ///   - count: how many.
    mutating func reject(_ what: String, _ problem: LineProblem, count: Int64 = 1) {
        rejected += count
        let reason = "\(what.prefix(80)): \(problem.reason)"
        if reasons.count < Self.reasonLimit, !reasons.contains(reason) { reasons.append(reason) }
    }

    /// Keeps what was told of a session; what is there already stays.
    mutating func note(_ labels: Labels, of session: String) {
        attributes[session] = attributes[session]?.filling(from: labels) ?? labels
    }
}

/// Books the items of a request, one after the other.
struct TelemetryBooks {
    private var batch: TelemetryBatch
    private let limit: Int
    private var series = TelemetrySeries()

    init(signal: TelemetrySignal, limit: Int) {
        batch = TelemetryBatch(signal: signal)
        self.limit = limit
    }

    mutating func take(_ item: TelemetryItem, of origin: TelemetryOrigin) throws(TelemetryProblem) {
        guard batch.records.count + batch.attributes.count + series.count < limit else {
            throw TelemetryProblem(
                .tooLarge, "more than \(limit) calls and sessions at once; have the sender export smaller batches")
        }
        switch item {
        case .log(let log):
            let call = TelemetryCall(log, origin)
            note(call.who)
            book(call)
        case .span(let span):
            let who = TelemetryIdentity(span.attributes, origin)
            note(who)
            do throws(LineProblem) {
                if let record = try GenAIUsage.record(span, who) { batch.add(record) }
            } catch { batch.reject("span \(span.name)", error) }
        case .point(let point):
            let who = TelemetryIdentity(point.attributes, origin)
            note(who)
            do throws(LineProblem) { try series.add(point, who, origin) } catch { batch.reject(point.metric, error) }
        }
    }

    /// Everything was taken.
    consuming func close() -> TelemetryBatch {
        series.book(into: &batch)
        return batch
    }

    private mutating func note(_ who: TelemetryIdentity) {
        if let session = who.session, let labels = who.ofSession { batch.note(labels, of: session) }
    }

    private mutating func book(_ call: TelemetryCall) {
        do throws(LineProblem) {
            guard let record = try call.record() else { return }
            batch.add(record)
            if let standIn = call.who.standIn { batch.eventSenders.insert(standIn) }
        } catch { batch.reject(call.name, error) }
    }
}
