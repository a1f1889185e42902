import GovernorCore

/// Reads the items out of an OTLP request in JSON, one at a time: names in lowerCamelCase, unknown ones stepped over
/// (`facts/otlp.md`). A name that comes twice counts as its last.
struct JSONTelemetry {
    let signal: TelemetrySignal
    let visit: (TelemetryItem, TelemetryOrigin) throws(TelemetryProblem) -> Void

    /// - Throws: what the visitor throws, and when it is no JSON, or no request of the signal. Items before the fault were given already.
    func read(_ body: UnsafeRawBufferPointer) throws(TelemetryProblem) {
        let reader = Reader(text: JSONWalk.Text(bytes: body), signal: signal, visit: visit)
        try reader.read()
    }
}

/// `JSONTelemetry` with the text in hand.
private struct Reader {
    let text: JSONWalk.Text
    let signal: TelemetrySignal
    let visit: (TelemetryItem, TelemetryOrigin) throws(TelemetryProblem) -> Void

    private var names: (resources: String, scopes: String, items: String) {
        switch signal {
        case .logs: ("resourceLogs", "scopeLogs", "logRecords")
        case .metrics: ("resourceMetrics", "scopeMetrics", "metrics")
        case .traces: ("resourceSpans", "scopeSpans", "spans")
        }
    }

    func read() throws(TelemetryProblem) {
        let names = names
        var request = try JSONWalk(object: try text.whole(), "the request", in: text)
        while let entry = try request.next() {
            guard text.key(entry.key) == names.resources else { continue }
            var list = try JSONWalk(list: entry.value, "the list of resources", in: text)
            while let resource = try list.next() { try read(resource: resource.value, names.scopes, names.items) }
        }
    }

    private func read(resource value: Range<Int>, _ scopes: String, _ items: String) throws(TelemetryProblem) {
        var origin = TelemetryOrigin()
        // The order of names is anybody's: who it is about is looked for before what it says.
        var first = try JSONWalk(object: value, "an entry of the list of resources", in: text)
        while let entry = try first.next() {
            guard text.key(entry.key) == "resource" else { continue }
            var resource = try JSONWalk(object: entry.value, "resource", in: text)
            while let entry = try resource.next() {
                if text.key(entry.key) == "attributes" { origin.resource = try attributes(entry.value) }
            }
        }
        var second = try JSONWalk(object: value, "an entry of the list of resources", in: text)
        while let entry = try second.next() {
            guard text.key(entry.key) == scopes else { continue }
            var list = try JSONWalk(list: entry.value, "the list of scopes", in: text)
            while let scope = try list.next() { try read(scope: scope.value, items, origin) }
        }
    }

    private func read(scope value: Range<Int>, _ items: String, _ origin: TelemetryOrigin) throws(TelemetryProblem) {
        var origin = origin
        var first = try JSONWalk(object: value, "an entry of the list of scopes", in: text)
        while let entry = try first.next() {
            guard text.key(entry.key) == "scope" else { continue }
            var scope = try JSONWalk(object: entry.value, "scope", in: text)
            while let entry = try scope.next() {
                if text.key(entry.key) == "name" { origin.scope = text.text(entry.value) }
            }
        }
        var second = try JSONWalk(object: value, "an entry of the list of scopes", in: text)
        while let entry = try second.next() {
            guard text.key(entry.key) == items else { continue }
            var list = try JSONWalk(list: entry.value, "the list of items", in: text)
            while let item = try list.next() {
                switch signal {
                case .logs: try visit(.log(log(item.value)), origin)
                case .traces: try visit(.span(span(item.value)), origin)
                case .metrics: try read(metric: item.value, origin)
                }
            }
        }
    }

    private func log(_ value: Range<Int>) throws(TelemetryProblem) -> TelemetryLog {
        var log = TelemetryLog()
        var object = try JSONWalk(object: value, "a log record", in: text)
        while let (key, value) = try object.next().map({ ($0.key, $0.value) }) {
            switch text.key(key) {
            case "timeUnixNano": log.time = try text.time(value, "timeUnixNano")
            case "observedTimeUnixNano": log.observed = try text.time(value, "observedTimeUnixNano")
            case "eventName": log.eventName = text.text(value)
            case "body": if case .text(let body) = try any(value) { log.body = body }
            case "attributes": log.attributes = try attributes(value)
            default: break
            }
        }
        return log
    }

    private func span(_ value: Range<Int>) throws(TelemetryProblem) -> TelemetrySpan {
        var span = TelemetrySpan()
        var object = try JSONWalk(object: value, "a span", in: text)
        while let (key, value) = try object.next().map({ ($0.key, $0.value) }) {
            switch text.key(key) {
            case "traceId": span.trace = text.text(value).lowercased()
            case "spanId": span.id = text.text(value).lowercased()
            case "name": span.name = text.text(value)
            case "startTimeUnixNano": span.start = try text.time(value, "startTimeUnixNano")
            case "endTimeUnixNano": span.end = try text.time(value, "endTimeUnixNano")
            case "attributes": span.attributes = try attributes(value)
            case "status":
                var status = try JSONWalk(object: value, "status", in: text)
                while let entry = try status.next() {
                    switch text.key(entry.key) {
                    case "message": span.message = text.text(entry.value)
                    case "code": span.isError = try code(entry.value) == 2
                    default: break
                    }
                }
            default: break
            }
        }
        return span
    }

    private func read(metric value: Range<Int>, _ origin: TelemetryOrigin) throws(TelemetryProblem) {
        var base = TelemetryPoint()
        var points: (kind: String, value: Range<Int>)?
        var object = try JSONWalk(object: value, "a metric", in: text)
        while let entry = try object.next() {
            switch text.key(entry.key) {
            case "name": base.metric = text.text(entry.value)
            case let kind where kind == "sum" || kind == "histogram" || kind == "exponentialHistogram":
                var data = try JSONWalk(object: entry.value, "the data of a metric", in: text)
                while let entry = try data.next() {
                    switch text.key(entry.key) {
                    case "aggregationTemporality":
                        base.temporality = .init(code: UInt64(clamping: try code(entry.value)))
                    case "dataPoints": points = (kind, entry.value)
                    default: break
                    }
                }
            // A gauge counts nothing.
            default: break
            }
        }
        guard let points else { return }
        var list = try JSONWalk(list: points.value, "dataPoints", in: text)
        while let entry = try list.next() { try visit(.point(point(entry.value, points.kind, base)), origin) }
    }

    private func point(
        _ value: Range<Int>, _ kind: String, _ base: TelemetryPoint
    ) throws(TelemetryProblem) -> TelemetryPoint {
        var (point, isNone) = (base, false)
        var object = try JSONWalk(object: value, "a data point", in: text)
        while let (key, value) = try object.next().map({ ($0.key, $0.value) }) {
            switch text.key(key) {
            case "attributes": point.attributes = try attributes(value)
            case "startTimeUnixNano": point.start = try text.time(value, "startTimeUnixNano")
            case "timeUnixNano": point.time = try text.time(value, "timeUnixNano")
            case "flags": isNone = try code(value) & 1 != 0
            case "asDouble" where kind == "sum": point.value = .double(try text.double(value, "asDouble"))
            case "asInt" where kind == "sum": point.value = .integer(try text.integer(value, "asInt"))
            case "sum" where kind != "sum": point.value = .double(try text.double(value, "sum"))
            default: break
            }
        }
        if isNone { point.value = nil }
        return point
    }

    private func attributes(_ value: Range<Int>) throws(TelemetryProblem) -> TelemetryAttributes {
        var attributes = TelemetryAttributes()
        var list = try JSONWalk(list: value, "attributes", in: text)
        while let entry = try list.next() {
            var (key, any) = ("", TelemetryValue.other)
            var object = try JSONWalk(object: entry.value, "an attribute", in: text)
            while let entry = try object.next() {
                switch text.key(entry.key) {
                case "key": key = text.text(entry.value)
                case "value": any = try self.any(entry.value)
                default: break
                }
            }
            guard attributes.append(key, any) else {
                throw TelemetryProblem("more than \(TelemetryAttributes.limit) attributes", at: entry.value.lowerBound)
            }
        }
        return attributes
    }

    private func any(_ value: Range<Int>) throws(TelemetryProblem) -> TelemetryValue {
        var any = TelemetryValue.other
        var object = try JSONWalk(object: value, "a value", in: text)
        while let (key, value) = try object.next().map({ ($0.key, $0.value) }) {
            switch text.key(key) {
            case "stringValue": any = .text(text.text(value))
            case "boolValue": any = .flag(try text.scalar(value).bool ?? false)
            case "intValue": any = .integer(try text.integer(value, "intValue"))
            case "doubleValue": any = .double(try text.double(value, "doubleValue"))
            case "arrayValue", "kvlistValue", "bytesValue": any = .other
            default: break
            }
        }
        return any
    }

    /// An enumeration's number. OTLP's JSON writes them as numbers, protobuf's own as names.
    private func code(_ value: Range<Int>) throws(TelemetryProblem) -> Int64 {
        switch text.text(value) {
        case "": try text.integer(value, "an enumeration")
        case "AGGREGATION_TEMPORALITY_DELTA": 1
        case "AGGREGATION_TEMPORALITY_CUMULATIVE", "STATUS_CODE_ERROR": 2
        default: 0
        }
    }
}
