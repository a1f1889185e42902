import Foundation
import GovernorCore
import GovernorSources
import Testing

/// The recorded bodies of `../shared/samples/claude-code`, whole.
@Suite(.enabled(if: Samples.folder != nil, "no recorded samples beside the repository; set GOVERNOR_SHARED"))
struct TelemetrySampleTests {
    private static let names = [
        "claude_2.1.329_logs_http-json.json", "claude_2.1.329_logs_http-protobuf.pb",
        "claude_2.1.329_metrics_http-json_delta.json", "claude_2.1.329_metrics_http-protobuf_cumulative.pb",
    ]

    private func body(_ name: String) throws -> [UInt8] {
        let folder = try #require(Samples.folder)
        return try Array(Data(contentsOf: URL(fileURLWithPath: "\(folder)/claude-code/\(name)")))
    }

    private func batch(_ name: String) throws -> TelemetryBatch {
        try TelemetryBatch.read(
            try body(name), name.contains("logs") ? .logs : .metrics, as: name.hasSuffix(".pb") ? .protobuf : .json)
    }

    /// What the events of a JSON body say, taken out of it by Foundation: tokens by name, and micro-dollars.
    private func eventSums(_ json: [UInt8]) throws -> [String: Int] {
        var sums: [String: Int] = [:]
        for attributes in try Self.attributeLists(try JSONSerialization.jsonObject(with: Data(json))) {
            var values: [String: Any] = [:]
            for attribute in attributes {
                let value = try #require(attribute["value"] as? [String: Any])
                values[try #require(attribute["key"] as? String)] = value.values.first
            }
            guard values["event.name"] as? String == "api_request" else { continue }
            sums["calls", default: 0] += 1
            for (name, value) in values where name.hasSuffix("_tokens") || name == "cost_usd_micros" {
                sums[name, default: 0] += try #require(value as? Int)
            }
        }
        return sums
    }

    /// Every list under `attributes`, at any depth.
    private static func attributeLists(_ json: Any) throws -> [[[String: Any]]] {
        if let list = json as? [Any] { return try list.flatMap { try attributeLists($0) } }
        guard let object = json as? [String: Any] else { return [] }
        let own = object["attributes"] as? [[String: Any]]
        return try (own.map { [$0] } ?? []) + object.values.flatMap { try attributeLists($0) }
    }

    /// The same out of a protobuf body, by looking for `key=1 "name", value=2 {int=3}` wherever it stands.
    private func eventSums(protobuf body: [UInt8], _ names: [String]) -> [String: Int] {
        var sums: [String: Int] = [:]
        for name in names {
            let head = [0x0A, UInt8(name.utf8.count)] + Array(name.utf8) + [0x12]
            for start in body.indices where body[start...].starts(with: head) {
                let value = start + head.count
                guard body[value + 1] == 0x18 else { continue }
                let digits = body[(value + 2)..<(value + 1 + Int(body[value]))]
                sums[name, default: 0] += digits.reversed().reduce(0) { $0 << 7 | Int($1 & 127) }
            }
        }
        return sums
    }

    private func sums(_ batch: TelemetryBatch) -> [String: Int] {
        var sums: [String: Int] = [:]
        for record in batch.records {
            sums["calls", default: 0] += 1
            sums["input_tokens", default: 0] += Int(record.tokens.input)
            sums["output_tokens", default: 0] += Int(record.tokens.output)
            sums["cache_read_tokens", default: 0] += Int(record.tokens.cacheRead)
            sums["cache_creation_tokens", default: 0] += Int(record.tokens.cacheWrite)
            sums["cache_creation_5m_tokens", default: 0] += Int(record.tokens.cacheWrite5m)
            sums["cache_creation_1h_tokens", default: 0] += Int(record.tokens.cacheWrite1h)
            sums["cost_usd_micros", default: 0] += Int(record.reportedCost?.nanodollars ?? 0) / 1000
        }
        return sums
    }

    @Test func `recorded events sum up as their bodies do`() throws {
        let json = try body(Self.names[0])
        let batch = try batch(Self.names[0])
        #expect(sums(batch) == (try eventSums(json)))
        #expect(batch.rejected == 0 && batch.records.count == 2)
        #expect(batch.records.map(\.labels.worker) == ["w-07", "w-07"])
        #expect(batch.records.map(\.labels.team) == ["platform", "platform"])
        #expect(batch.attributes.count == 1)

        let protobuf = try self.batch(Self.names[1])
        var expected = eventSums(protobuf: try body(Self.names[1]), sums(protobuf).keys.filter { $0 != "calls" })
        expected["calls"] = 2
        #expect(sums(protobuf) == expected && protobuf.rejected == 0)
    }

    @Test func `the same calls from both encodings unite`() throws {
        let (json, protobuf) = (try batch(Self.names[0]), try batch(Self.names[1]))
        var calls = Deduplication(stored: [])
        for record in json.records + protobuf.records + json.records { _ = calls.add(record) }
        #expect(calls.changes.count == 2)
        #expect(Set(json.records.map(\.identity)) == Set(protobuf.records.map(\.identity)))
    }

    @Test func `recorded metrics say what the events of their sessions say`() throws {
        for (events, metrics) in [(Self.names[0], Self.names[2]), (Self.names[1], Self.names[3])] {
            let (events, metrics) = (try batch(events), try batch(metrics))
            #expect(metrics.records.count == 1 && metrics.rejected == 0)
            #expect(Set(metrics.records.map(\.labels.session)) == Set(events.records.map(\.labels.session)))
            let (told, counted) = (sums(events), sums(metrics))
            for name in told.keys where name != "calls" { #expect(told[name] == counted[name], "\(name)") }
            #expect(metrics.records.map(\.labels.worker) == ["w-07"] && metrics.attributes == events.attributes)
        }
    }

    @Test func `any cut of a recorded body is refused or read, never worse`() throws {
        for name in Self.names {
            let body = try body(name)
            let signal: TelemetrySignal = name.contains("logs") ? .logs : .metrics
            let encoding: TelemetryEncoding = name.hasSuffix(".pb") ? .protobuf : .json
            for end in stride(from: 0, to: body.count, by: body.count / 40 + 1) {
                do throws(TelemetryProblem) {
                    _ = try TelemetryBatch.read(Array(body[..<end]), signal, as: encoding)
                    #expect(encoding == .protobuf)
                } catch { #expect(error.status == 400) }
            }
        }
    }
}
