import GovernorCore
import GovernorSources
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Synchronization

/// OpenTelemetry over HTTP: `POST /v1/logs`, `/v1/metrics` and `/v1/traces` (`facts/otlp.md`). What is read out of a body,
/// and what is answered, is GovernorSources' matter; here it is gathered, and stored before it is answered.
extension Routes {
    func addTelemetry(to router: Router<HTTPContext>) {
        for signal in TelemetrySignal.allCases {
            router.post("/v1/\(signal.rawValue)") { request, _ in await telemetry(signal, request) }
        }
    }

    private func telemetry(_ signal: TelemetrySignal, _ request: Request) async -> Response {
        // Even a refusal is written as the sender writes, once that is known.
        var encoding: TelemetryEncoding?
        do {
            let spoken = try TelemetryEncoding(contentType: request.headers[.contentType])
            encoding = spoken
            let body = try await Self.gathered(request)
            // A large body takes a second.
            let batch = try await Self.aside { try TelemetryBatch.read(body, signal, as: spoken) }
            try await store(batch)
            return Self.response(.accepted(batch, as: spoken))
        } catch let problem as TelemetryProblem {
            if problem.code != .unavailable {
                // Seen in `sources` by its number: one bad request must not make a source that works look broken.
                governor.submit(.ingest(Told(kind: signal.kind, records: [], rejected: 1))) { _ in }
                governor.logger.warning(
                    "telemetry was refused", metadata: ["signal": "\(signal)", "why": "\(problem)"])
            }
            return Self.response(.refused(problem, as: encoding))
        } catch {
            // The sender went away in the middle; nobody is left to read this.
            return Self.response(.refused(TelemetryProblem(.badData, "the body did not arrive whole"), as: encoding))
        }
    }

    /// The body, inflated; chunked ones too are refused as soon as they are too large.
    private static func gathered(_ request: Request) async throws -> [UInt8] {
        var body = try TelemetryBody(contentEncoding: request.headers[.contentEncoding])
        for try await chunk in request.body {
            let taken = chunk.withUnsafeReadableBytes { bytes in
                Result { () throws(TelemetryProblem) in try body.take(bytes) }
            }
            try taken.get()
        }
        return try body.finish()
    }

    /// Stores everything, in transactions of the usual size. When one fails the sender sends it all again, and what is
    /// stored already adds nothing.
    private func store(_ batch: TelemetryBatch) async throws {
        do {
            let news = names.news(of: batch.attributes)
            if !news.isEmpty {
                try await governor.submit(.register(SessionNaming(labels: news, origin: .attributes)))
                names.keep(news)
            }
            var rest = batch.records[...]
            var told = Told(kind: batch.signal.kind, records: [], rejected: Int(clamping: batch.rejected))
            told.standIns = batch.eventSenders
            // Most telemetry is about no call, and a sender that was never billed is no source yet.
            guard !rest.isEmpty || told.rejected > 0 else { return }
            repeat {
                told.records = Array(rest.prefix(Governor.groupLimit))
                rest = rest.dropFirst(told.records.count)
                try await governor.submit(.ingest(told))
                told.rejected = 0
            } while !rest.isEmpty
        } catch { throw TelemetryProblem(.unavailable, "nothing was stored: \(error)") }
    }

    private static func response(_ answer: TelemetryAnswer) -> Response {
        var response = response(answer.body, status: answer.status, type: answer.contentType)
        if let seconds = answer.retryAfter { response.headers[.retryAfter] = "\(seconds)" }
        return response
    }
}

/// What sessions' telemetry called them last: every export of a session repeats it, and only news is for the writer.
final class TelemetryNames: Sendable {
    private let known = Mutex<[String: Labels]>([:])
    private static let capacity = 50_000

    func news(of attributes: [String: Labels]) -> [String: Labels] {
        known.withLock { known in attributes.filter { known[$0.key] != $0.value } }
    }

    /// To be called once it is stored.
    func keep(_ news: [String: Labels]) {
        known.withLock { known in
            if known.count + news.count > Self.capacity { known.removeAll(keepingCapacity: true) }
            known.merge(news) { _, new in new }
        }
    }
}
