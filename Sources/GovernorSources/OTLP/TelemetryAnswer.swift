import GovernorCore

/// What a sender is answered, in the encoding it spoke (`facts/otlp.md`).
package struct TelemetryAnswer: Hashable, Sendable {
    package var status: Int
    package var contentType: String
    package var body: [UInt8]
    /// Seconds after which a sender that may try again should; nil where it must not.
    package var retryAfter: Int?

    package init(status: Int, contentType: String, body: [UInt8], retryAfter: Int? = nil) {
        self.status = status
        self.contentType = contentType
        self.body = body
        self.retryAfter = retryAfter
    }

    /// Everything is stored but what was rejected; what that is, is left unset when it is nothing.
    package static func accepted(_ batch: TelemetryBatch, as encoding: TelemetryEncoding) -> TelemetryAnswer {
        let body: [UInt8] =
            switch encoding {
            case .json: json(batch)
            case .protobuf: protobuf(batch)
            }
        return TelemetryAnswer(status: 200, contentType: encoding.contentType, body: body)
    }

    /// Nothing is stored: a `google.rpc.Status` with the reason as its message.
    ///
    /// - Parameter encoding: JSON where the sender's own is not known.
    package static func refused(_ problem: TelemetryProblem, as encoding: TelemetryEncoding?) -> TelemetryAnswer {
        let encoding = encoding ?? .json
        var body: [UInt8]
        switch encoding {
        case .json:
            var json = JSONWriter()
            json.object { $0.field("message", problem.description) }
            body = json.bytes
        case .protobuf:
            body = []
            append(problem.description, field: 2, to: &body)
        }
        return TelemetryAnswer(
            status: problem.status, contentType: encoding.contentType, body: body,
            retryAfter: problem.code == .unavailable ? 5 : nil)
    }

    private static func json(_ batch: TelemetryBatch) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            guard batch.rejected > 0 else { return }
            json.field(
                "partialSuccess",
                object: { json in
                    // Whole numbers of 64 bits are texts in protobuf's JSON.
                    json.field(batch.signal.rejectedKey, String(batch.rejected))
                    json.field("errorMessage", batch.complaint)
                })
        }
        return json.bytes
    }

    /// `partial_success=1 {rejected_…=1, error_message=2}`.
    private static func protobuf(_ batch: TelemetryBatch) -> [UInt8] {
        guard batch.rejected > 0 else { return [] }
        var inner: [UInt8] = [1 << 3]
        append(varint: UInt64(batch.rejected), to: &inner)
        append(batch.complaint, field: 2, to: &inner)
        var body: [UInt8] = [1 << 3 | 2]
        append(varint: UInt64(inner.count), to: &body)
        return body + inner
    }

    private static func append(_ text: String, field: UInt8, to bytes: inout [UInt8]) {
        bytes.append(field << 3 | 2)
        append(varint: UInt64(text.utf8.count), to: &bytes)
        bytes.append(contentsOf: text.utf8)
    }

    private static func append(varint value: UInt64, to bytes: inout [UInt8]) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
