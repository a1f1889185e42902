/// The body of a request, gathered as it comes, inflated where it is compressed, and never more than its limit.
///
/// ```
/// var body = try TelemetryBody(contentEncoding: header)
/// try body.take(chunk)
/// let bytes = try body.finish()
/// ```
package struct TelemetryBody: ~Copyable {
    /// Bytes a body has at most, inflated (`facts/otlp.md`); what comes compressed may not be longer either.
    package static let limit = 64 << 20

    private let limit: Int
    private var inflater: Inflater?
    private var bytes: [UInt8] = []

    /// - Parameters:
    ///   - contentEncoding: the header as it stands.
    ///   - limit: bytes at most.
    /// - Throws: when it is compressed in another way than gzip.
    package init(contentEncoding: String?, limit: Int = limit) throws(TelemetryProblem) {
        self.limit = limit
        switch (contentEncoding ?? "").lowercased().filter({ $0 != " " && $0 != "\t" }) {
        case "", "identity", "none": break
        case "gzip", "x-gzip": inflater = Inflater(limit: Int64(limit))
        default:
            let got = (contentEncoding ?? "").prefix(60)
            throw TelemetryProblem(
                .unsupported,
                "Content-Encoding must be gzip, or none; got \"\(got)\" "
                    + "(set the sender's OTEL_EXPORTER_OTLP_COMPRESSION to gzip or none)")
        }
    }

    /// Takes the next bytes in.
    package mutating func take(_ chunk: UnsafeRawBufferPointer) throws(TelemetryProblem) {
        guard inflater != nil else {
            guard chunk.count <= limit - bytes.count else { throw tooLarge }
            bytes.append(contentsOf: chunk)
            return
        }
        guard Int64(chunk.count) <= Int64(limit) - (inflater?.taken ?? 0) else { throw tooLarge }
        var pieces: [UInt8] = []
        do throws(Inflater.Failure) { try inflater?.take(chunk) { pieces.append(contentsOf: $0) } } catch {
            throw problem(error)
        }
        if bytes.isEmpty { bytes = pieces } else { bytes.append(contentsOf: pieces) }
    }

    /// The whole body, once everything came.
    package mutating func finish() throws(TelemetryProblem) -> [UInt8] {
        do throws(Inflater.Failure) { try inflater?.finish() } catch { throw problem(error) }
        return bytes
    }

    private func problem(_ failure: Inflater.Failure) -> TelemetryProblem {
        switch failure {
        case .tooLarge: tooLarge
        case .damaged(let at, let cause): TelemetryProblem("the gzip data is damaged: \(cause)", at: Int(at))
        case .cut(let at): TelemetryProblem("the gzip data ends in its middle", at: Int(at))
        }
    }

    private var tooLarge: TelemetryProblem {
        TelemetryProblem(
            .tooLarge, "a body here has at most \(limit) bytes, inflated; have the sender export smaller batches")
    }
}
