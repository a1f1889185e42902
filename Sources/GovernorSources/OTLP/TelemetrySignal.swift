package import GovernorCore

/// What a request of OTLP over HTTP carries; the raw value ends the path it is posted to: `/v1/logs`.
package enum TelemetrySignal: String, CaseIterable, Sendable {
    case logs, metrics, traces

    /// Under which kind of source its records are kept.
    package var kind: SourceKind {
        switch self {
        case .logs: .telemetry
        case .metrics: .metrics
        case .traces: .traces
        }
    }

    /// The key under which an answer counts what it rejects (`ExportLogsPartialSuccess` and its siblings).
    var rejectedKey: String {
        switch self {
        case .logs: "rejectedLogRecords"
        case .metrics: "rejectedDataPoints"
        case .traces: "rejectedSpans"
        }
    }

    /// For people: what one of them is.
    var unit: String {
        switch self {
        case .logs: "log record"
        case .metrics: "data point"
        case .traces: "span"
        }
    }
}

/// How a request is written; the answer is written alike.
package enum TelemetryEncoding: Sendable {
    case json, protobuf

    /// - Parameter contentType: the header as it stands, parameters and all.
    /// - Throws: when it is neither of the two, or missing.
    package init(contentType: String?) throws(TelemetryProblem) {
        let bare = (contentType ?? "").prefix { $0 != ";" }.lowercased().filter { $0 != " " && $0 != "\t" }
        switch bare {
        case "application/json": self = .json
        case "application/x-protobuf", "application/protobuf": self = .protobuf
        default:
            let got = contentType.map { "\"\($0.prefix(60))\"" } ?? "none"
            throw TelemetryProblem(
                .unsupported,
                "Content-Type must be application/json or application/x-protobuf; got \(got) (set the sender's "
                    + "OTEL_EXPORTER_OTLP_PROTOCOL to http/json or http/protobuf; gRPC is not spoken here)")
        }
    }

    package var contentType: String {
        switch self {
        case .json: "application/json"
        case .protobuf: "application/x-protobuf"
        }
    }
}

/// Why a whole request is refused; nothing of it is booked.
package struct TelemetryProblem: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Sendable {
        /// It is not what it says it is. Senders drop it.
        case badData
        case tooLarge
        /// A content type or encoding nobody here reads.
        case unsupported
        /// The ledger can't store it now. Senders try again (`facts/otlp.md`: 429, 502, 503 and 504 alone).
        case unavailable
    }

    package var code: Code
    /// What, where, and what to do.
    package var description: String

    package init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    /// - Parameter byte: its place in the inflated body.
    init(_ what: String, at byte: Int) { self.init(.badData, "\(what) (byte \(byte))") }

    /// The HTTP status.
    package var status: Int {
        switch code {
        case .badData: 400
        case .tooLarge: 413
        case .unsupported: 415
        case .unavailable: 503
        }
    }
}
