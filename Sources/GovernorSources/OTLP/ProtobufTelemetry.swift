/// Reads the items out of an OTLP request in protobuf, one at a time. Field numbers are those of `opentelemetry-proto` 1.x
/// (`facts/otlp.md`); unknown fields are stepped over.
struct ProtobufTelemetry {
    let signal: TelemetrySignal
    let visit: (TelemetryItem, TelemetryOrigin) throws(TelemetryProblem) -> Void

    /// - Throws: what the visitor throws, and when it is no protobuf. Items before the fault were given already.
    func read(_ body: UnsafeRawBufferPointer) throws(TelemetryProblem) {
        var request = WireReader(body)
        while let (number, value) = try request.next() {
            if number == 1, case .bytes(let resource) = value { try read(resource: resource) }
        }
    }

    /// `ResourceLogs`, `ResourceMetrics` and `ResourceSpans` are built alike: `{resource=1, scope_…=2}`.
    private func read(resource message: WireReader) throws(TelemetryProblem) {
        var origin = TelemetryOrigin()
        // The order of fields is anybody's: who it is about is looked for before what it says.
        var first = message
        while let (number, value) = try first.next() {
            guard number == 1, case .bytes(var resource) = value else { continue }
            while let (number, value) = try resource.next() {
                if number == 1 { try append(value, to: &origin.resource) }
            }
        }
        var second = message
        while let (number, value) = try second.next() {
            if number == 2, case .bytes(let scope) = value { try read(scope: scope, origin) }
        }
    }

    /// `{scope=1 {name=1}, log_records|metrics|spans=2}`.
    private func read(scope message: WireReader, _ origin: TelemetryOrigin) throws(TelemetryProblem) {
        var origin = origin
        var first = message
        while let (number, value) = try first.next() {
            guard number == 1, case .bytes(var scope) = value else { continue }
            while let (number, value) = try scope.next() {
                if number == 1, case .bytes(let name) = value { origin.scope = name.text }
            }
        }
        var second = message
        while let (number, value) = try second.next() {
            guard number == 2, case .bytes(let item) = value else { continue }
            switch signal {
            case .logs: try visit(.log(log(item)), origin)
            case .traces: try visit(.span(span(item)), origin)
            case .metrics: try read(metric: item, origin)
            }
        }
    }

    private func log(_ message: WireReader) throws(TelemetryProblem) -> TelemetryLog {
        var (message, log) = (message, TelemetryLog())
        while let (number, value) = try message.next() {
            switch (number, value) {
            case (1, .fixed64(let time)): log.time = time
            case (11, .fixed64(let time)): log.observed = time
            case (12, .bytes(let name)): log.eventName = name.text
            case (5, .bytes(let body)): if case .text(let text) = try any(body) { log.body = text }
            case (6, _): try append(value, to: &log.attributes)
            default: break
            }
        }
        return log
    }

    private func span(_ message: WireReader) throws(TelemetryProblem) -> TelemetrySpan {
        var (message, span) = (message, TelemetrySpan())
        while let (number, value) = try message.next() {
            switch (number, value) {
            case (1, .bytes(let id)): span.trace = id.hex
            case (2, .bytes(let id)): span.id = id.hex
            case (5, .bytes(let name)): span.name = name.text
            case (7, .fixed64(let time)): span.start = time
            case (8, .fixed64(let time)): span.end = time
            case (9, _): try append(value, to: &span.attributes)
            case (15, .bytes(var status)):
                while let (number, value) = try status.next() {
                    switch (number, value) {
                    case (2, .bytes(let message)): span.message = message.text
                    case (3, .varint(let code)): span.isError = code == 2
                    default: break
                    }
                }
            default: break
            }
        }
        return span
    }

    /// `{name=1, sum=7, histogram=9, exponential_histogram=10}`, each `{data_points=1, aggregation_temporality=2}`. A gauge
    /// counts nothing.
    private func read(metric message: WireReader, _ origin: TelemetryOrigin) throws(TelemetryProblem) {
        var base = TelemetryPoint()
        var first = message
        while let (number, value) = try first.next() {
            guard case .bytes(var inner) = value else { continue }
            switch number {
            case 1: base.metric = inner.text
            case 7, 9, 10:
                while let (number, value) = try inner.next() {
                    if number == 2, case .varint(let code) = value { base.temporality = .init(code: code) }
                }
            default: break
            }
        }
        var second = message
        while let (kind, value) = try second.next() {
            guard [7, 9, 10].contains(kind), case .bytes(var inner) = value else { continue }
            while let (number, value) = try inner.next() {
                guard number == 1, case .bytes(let point) = value else { continue }
                try visit(.point(self.point(point, kind, base)), origin)
            }
        }
    }

    private func point(
        _ message: WireReader, _ kind: UInt64, _ base: TelemetryPoint
    ) throws(TelemetryProblem) -> TelemetryPoint {
        // `NumberDataPoint`, `HistogramDataPoint` and `ExponentialHistogramDataPoint` share their times only.
        let (attributes, flags): (UInt64, UInt64) = kind == 7 ? (7, 8) : kind == 9 ? (9, 10) : (1, 10)
        var (message, point, isNone) = (message, base, false)
        while let (number, value) = try message.next() {
            switch (number, value) {
            case (attributes, _): try append(value, to: &point.attributes)
            case (flags, .varint(let bits)): isNone = bits & 1 != 0
            case (2, .fixed64(let time)): point.start = time
            case (3, .fixed64(let time)): point.time = time
            case (4, .fixed64(let bits)) where kind == 7: point.value = .double(Double(bitPattern: bits))
            case (6, .fixed64(let bits)) where kind == 7: point.value = .integer(Int64(bitPattern: bits))
            case (5, .fixed64(let bits)) where kind != 7: point.value = .double(Double(bitPattern: bits))
            default: break
            }
        }
        if isNone { point.value = nil }
        return point
    }

    private func append(
        _ value: WireReader.Value, to attributes: inout TelemetryAttributes
    ) throws(TelemetryProblem) {
        guard case .bytes(var message) = value else { return }
        let start = message.offset
        var (key, any) = ("", TelemetryValue.other)
        while let (number, value) = try message.next() {
            guard case .bytes(let inner) = value else { continue }
            if number == 1 { key = inner.text } else if number == 2 { any = try self.any(inner) }
        }
        guard attributes.append(key, any) else {
            throw TelemetryProblem("more than \(TelemetryAttributes.limit) attributes", at: start)
        }
    }

    /// `{string=1, bool=2, int=3, double=4, array=5, kvlist=6, bytes=7}`, the last one counting.
    private func any(_ message: WireReader) throws(TelemetryProblem) -> TelemetryValue {
        var (message, any) = (message, TelemetryValue.other)
        while let (number, value) = try message.next() {
            switch (number, value) {
            case (1, .bytes(let text)): any = .text(text.text)
            case (2, .varint(let bits)): any = .flag(bits != 0)
            case (3, .varint(let bits)): any = .integer(Int64(bitPattern: bits))
            case (4, .fixed64(let bits)): any = .double(Double(bitPattern: bits))
            case (5...7, _): any = .other
            default: break
            }
        }
        return any
    }
}

extension TelemetryPoint.Temporality {
    /// `AggregationTemporality` by its number.
    init?(code: UInt64) {
        switch code {
        case 1: self = .delta
        case 2: self = .cumulative
        default: return nil
        }
    }
}
