import Foundation
import GovernorCore
import GovernorSources
import Seeds

/// A request made up by a test, which can be written in both encodings; written here a second time and in another way than
/// the reader reads.
struct TelemetryRequest {
    struct Part {
        var origin: TelemetryOrigin
        var items: [TelemetryItem]
    }

    var signal: TelemetrySignal
    var parts: [Part]

    init(_ signal: TelemetrySignal, _ parts: [Part]) {
        self.signal = signal
        self.parts = parts
    }

    /// One sender.
    init(
        _ signal: TelemetrySignal, resource: KeyValuePairs<String, TelemetryValue> = [:], scope: String = "",
        _ items: [TelemetryItem]
    ) {
        let origin = TelemetryOrigin(resource: TelemetryAttributes(resource), scope: scope)
        self.init(signal, [Part(origin: origin, items: items)])
    }

    /// Read from protobuf, and the same from JSON.
    func batch(_ encoding: TelemetryEncoding = .protobuf) throws -> TelemetryBatch {
        try TelemetryBatch.read(body(encoding), signal, as: encoding)
    }

    func body(_ encoding: TelemetryEncoding) -> [UInt8] {
        switch encoding {
        case .protobuf:
            var chance = SeededGenerator(Seed(value: 0))
            return protobuf(&chance)
        case .json:
            var chance = SeededGenerator(Seed(value: 0))
            return Array(json(&chance).utf8)
        }
    }
}

extension TelemetryAttributes {
    init(_ pairs: KeyValuePairs<String, TelemetryValue>) { self.init(pairs.map { Entry($0.key, $0.value) }) }
}

extension TelemetryItem {
    /// A log record as agents send them.
    static func event(
        _ name: String, _ attributes: KeyValuePairs<String, TelemetryValue>, body: String = "",
        time: UInt64 = 1_795_215_700_913_000_000
    ) -> TelemetryItem {
        var log = TelemetryLog()
        log.time = time
        log.body = body
        log.attributes = TelemetryAttributes(
            [.init("event.name", .text(name))] + attributes.map { .init($0.key, $0.value) })
        return .log(log)
    }

    /// A data point.
    static func point(
        _ metric: String, _ value: TelemetryValue, _ attributes: KeyValuePairs<String, TelemetryValue>,
        _ temporality: TelemetryPoint.Temporality? = .delta, start: UInt64 = 1_795_215_700_000_000_000,
        time: UInt64 = 1_795_215_760_000_000_000
    ) -> TelemetryItem {
        var point = TelemetryPoint()
        point.metric = metric
        point.value = value
        point.temporality = temporality
        point.start = start
        point.time = time
        point.attributes = TelemetryAttributes(attributes)
        return .point(point)
    }

    /// A span.
    static func call(
        _ attributes: KeyValuePairs<String, TelemetryValue>, id: String = "00f067aa0ba902b7", failed: String? = nil
    ) -> TelemetryItem {
        var span = TelemetrySpan()
        span.trace = "4bf92f3577b34da6a3ce929d0e0e4736"
        span.id = id
        span.name = "chat"
        span.start = 1_795_215_700_000_000_000
        span.end = 1_795_215_702_500_000_000
        span.attributes = TelemetryAttributes(attributes)
        span.isError = failed != nil
        span.message = failed ?? ""
        return .span(span)
    }
}

// MARK: - JSON

extension TelemetryRequest {
    private typealias Chance = SeededGenerator

    private var names: (resources: String, scopes: String, items: String) {
        switch signal {
        case .logs: ("resourceLogs", "scopeLogs", "logRecords")
        case .metrics: ("resourceMetrics", "scopeMetrics", "metrics")
        case .traces: ("resourceSpans", "scopeSpans", "spans")
        }
    }

    /// - Parameter chance: picks the order of names, how numbers are written, and what unknown names are in between.
    func json(_ chance: inout SeededGenerator) -> String {
        let resources = parts.map { part in
            let items = part.items.map { Self.json($0, &chance) }
            let scope = Self.object(
                [
                    ("scope", Self.object([("name", Self.text(part.origin.scope))], &chance)),
                    (names.items, Self.list(items)),
                ],
                &chance)
            let resource = Self.object([("attributes", Self.json(part.origin.resource, &chance))], &chance)
            return Self.object([("resource", resource), (names.scopes, Self.list([scope]))], &chance)
        }
        return Self.object([(names.resources, Self.list(resources))], &chance)
    }

    private static func list(_ elements: [String]) -> String { "[" + elements.joined(separator: ", ") + "]" }

    private static func object(_ members: [(String, String)], _ chance: inout Chance) -> String {
        var members = members
        if chance.once(in: 4) { members.append(("unknown", "{\"a\":[[],\"]}\\\"\",{}]}")) }
        if chance.once(in: 6) { members.append(("missing", "null")) }
        return "{" + members.shuffled(using: &chance).map { "\"\($0.0)\" :\($0.1)" }.joined(separator: ",\n") + "}"
    }

    private static func text(_ text: String) -> String {
        var json = JSONWriter()
        json.value(text)
        return json.text
    }

    private static func time(_ time: UInt64, _ chance: inout Chance) -> String {
        chance.once(in: 3) ? "\(time)" : "\"\(time)\""
    }

    private static func json(_ attributes: TelemetryAttributes, _ chance: inout Chance) -> String {
        list(
            attributes.entries.map { entry in
                object([("key", text(entry.key)), ("value", json(entry.value, &chance))], &chance)
            })
    }

    private static func json(_ value: TelemetryValue, _ chance: inout Chance) -> String {
        switch value {
        case .text(let text): object([("stringValue", Self.text(text))], &chance)
        case .flag(let flag): object([("boolValue", "\(flag)")], &chance)
        case .integer(let number):
            object([("intValue", chance.once(in: 2) ? "\(number)" : "\"\(number)\"")], &chance)
        case .double(let number): object([("doubleValue", "\(number)")], &chance)
        case .other:
            chance.pick([
                "{}", "{\"bytesValue\":\"AAEC\"}", "{\"arrayValue\":{\"values\":[{\"intValue\":1},{}]}}",
                "{\"kvlistValue\":{\"values\":[{\"key\":\"k\",\"value\":{\"kvlistValue\":{}}}]}}",
            ])
        }
    }

    private static func json(_ item: TelemetryItem, _ chance: inout Chance) -> String {
        switch item {
        case .log(let log):
            object(
                [
                    ("timeUnixNano", time(log.time, &chance)), ("observedTimeUnixNano", time(log.observed, &chance)),
                    ("eventName", text(log.eventName)), ("body", json(.text(log.body), &chance)),
                    ("attributes", json(log.attributes, &chance)), ("droppedAttributesCount", "0"),
                ], &chance)
        case .span(let span):
            object(
                [
                    ("traceId", text(span.trace.uppercased())), ("spanId", text(span.id)), ("name", text(span.name)),
                    ("startTimeUnixNano", time(span.start, &chance)), ("endTimeUnixNano", time(span.end, &chance)),
                    ("attributes", json(span.attributes, &chance)), ("kind", "3"),
                    ("status", object([("code", span.isError ? "2" : "1"), ("message", text(span.message))], &chance)),
                ], &chance)
        case .point(let point):
            object([("name", text(point.metric)), ("unit", "\"1\""), metric(point, &chance)], &chance)
        }
    }

    private static func metric(_ point: TelemetryPoint, _ chance: inout Chance) -> (String, String) {
        var kind = "sum"
        var value: [(String, String)] = []
        switch point.value {
        case .integer(let number): value = [("asInt", "\"\(number)\"")]
        case .double(let number):
            kind = chance.pick(["sum", "histogram", "exponentialHistogram"])
            value = [(kind == "sum" ? "asDouble" : "sum", "\(number)")]
        default: value = [("asInt", "5"), ("flags", "1")]
        }
        let data = object(
            [
                ("attributes", json(point.attributes, &chance)), ("startTimeUnixNano", time(point.start, &chance)),
                ("timeUnixNano", time(point.time, &chance)), ("count", "\"1\""), ("bucketCounts", "[\"1\",\"0\"]"),
            ] + value, &chance)
        let temporality = point.temporality.map { $0 == .delta ? 1 : 2 } ?? 0
        return (
            kind,
            object(
                [
                    ("dataPoints", list([data])), ("aggregationTemporality", "\(temporality)"), ("isMonotonic", "true"),
                ], &chance)
        )
    }
}

// MARK: - Protobuf

extension TelemetryRequest {
    /// - Parameter chance: picks the order of fields, what kind of metric a point is in, and what unknown fields are between.
    func protobuf(_ chance: inout SeededGenerator) -> [UInt8] {
        let resources = parts.map { part in
            var items: [[UInt8]] = []
            for item in part.items { items.append(Self.bytes(2, Self.protobuf(item, &chance))) }
            let scope = Self.bytes(1, Self.bytes(1, Array(part.origin.scope.utf8)))
            let resource = Self.bytes(1, Self.protobuf(part.origin.resource, field: 1, &chance).flatMap { $0 })
            // The items keep their order, wherever the scope stands among them.
            let body = chance.once(in: 2) ? [scope] + items : items + [scope]
            return Self.bytes(1, Self.message([resource, Self.bytes(2, body.flatMap { $0 })], &chance))
        }
        return resources.flatMap { $0 }
    }

    static func varint(_ value: UInt64) -> [UInt8] {
        value < 128 ? [UInt8(value)] : [UInt8(value & 127) | 128] + varint(value >> 7)
    }

    static func bytes(_ field: UInt64, _ bytes: [UInt8]) -> [UInt8] {
        varint(field << 3 | 2) + varint(UInt64(bytes.count)) + bytes
    }

    static func number(_ field: UInt64, _ value: UInt64) -> [UInt8] { varint(field << 3) + varint(value) }

    static func fixed(_ field: UInt64, _ value: UInt64) -> [UInt8] {
        varint(field << 3 | 1) + (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    private static func message(_ fields: [[UInt8]], _ chance: inout Chance) -> [UInt8] {
        var fields = fields
        if chance.once(in: 4) { fields.append(number(99, 7)) }
        if chance.once(in: 4) { fields.append(bytes(100, [1, 2, 3])) }
        if chance.once(in: 6) { fields.append(varint(101 << 3 | 5) + [0, 0, 0, 0]) }
        return fields.shuffled(using: &chance).flatMap { $0 }
    }

    private static func protobuf(
        _ attributes: TelemetryAttributes, field: UInt64, _ chance: inout Chance
    ) -> [[UInt8]] {
        attributes.entries.map { entry in
            bytes(field, message([bytes(1, Array(entry.key.utf8)), bytes(2, protobuf(entry.value, &chance))], &chance))
        }
    }

    private static func protobuf(_ value: TelemetryValue, _ chance: inout Chance) -> [UInt8] {
        switch value {
        case .text(let text): bytes(1, Array(text.utf8))
        case .flag(let flag): number(2, flag ? 1 : 0)
        case .integer(let number): self.number(3, UInt64(bitPattern: number))
        case .double(let number): fixed(4, number.bitPattern)
        case .other: chance.pick([[], bytes(5, bytes(1, number(3, 1))), bytes(6, bytes(1, [])), bytes(7, [0, 1, 2])])
        }
    }

    private static func protobuf(_ item: TelemetryItem, _ chance: inout Chance) -> [UInt8] {
        switch item {
        case .log(let log):
            let attributes = protobuf(log.attributes, field: 6, &chance).flatMap { $0 }
            return message(
                [
                    fixed(1, log.time), fixed(11, log.observed), bytes(12, Array(log.eventName.utf8)),
                    bytes(5, protobuf(.text(log.body), &chance)), attributes, number(2, 9), bytes(9, [1, 2]),
                ], &chance)
        case .span(let span):
            let attributes = protobuf(span.attributes, field: 9, &chance).flatMap { $0 }
            let status = message([number(3, span.isError ? 2 : 1), bytes(2, Array(span.message.utf8))], &chance)
            return message(
                [
                    bytes(1, hex(span.trace)), bytes(2, hex(span.id)), bytes(5, Array(span.name.utf8)),
                    fixed(7, span.start), fixed(8, span.end), attributes, bytes(15, status), number(6, 3),
                ], &chance)
        case .point(let point):
            return message([bytes(1, Array(point.metric.utf8)), bytes(3, [49]), metric(point, &chance)], &chance)
        }
    }

    private static func metric(_ point: TelemetryPoint, _ chance: inout Chance) -> [UInt8] {
        var kind: UInt64 = 7
        var value: [[UInt8]]
        switch point.value {
        case .integer(let number): value = [fixed(6, UInt64(bitPattern: number))]
        case .double(let number):
            kind = chance.pick([7, 9, 10])
            value = [fixed(kind == 7 ? 4 : 5, number.bitPattern)]
            if kind != 7 { value += [fixed(4, 1), bytes(6, [])] }
        default: value = [fixed(6, 5), number(8, 1)]
        }
        let attributes = protobuf(point.attributes, field: kind == 10 ? 1 : kind == 9 ? 9 : 7, &chance).flatMap { $0 }
        let data = message([fixed(2, point.start), fixed(3, point.time), attributes] + value, &chance)
        let temporality = point.temporality.map { $0 == .delta ? 1 : 2 } ?? 0
        return bytes(kind, message([bytes(1, data), number(2, UInt64(temporality)), number(3, 1)], &chance))
    }

    private static func hex(_ text: String) -> [UInt8] {
        stride(from: 0, to: text.count - 1, by: 2).compactMap { UInt8(text.dropFirst($0).prefix(2), radix: 16) }
    }
}
