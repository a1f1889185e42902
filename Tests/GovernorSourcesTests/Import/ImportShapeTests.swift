import GovernorCore
import GovernorSources
import Seeds
import Testing

/// How rows may be written one after another, however they are cut into chunks.
@Suite struct ImportShapeTests {
    private static func row(_ id: String) -> String {
        #"{"id":"\#(id)","created":1795187936,"model":"gpt-5","usage":{"prompt_tokens":10,"completion_tokens":5},"x":"a\"]}{[\\"}"#
    }

    private static func ids(_ imported: Imported) -> [String] {
        imported.records.map { String($0.identity.key.dropFirst("import/openai/".count)) }
    }

    static let chunks = [1, 3, 64, 1 << 20]

    struct Shape: Sendable, CustomStringConvertible {
        var description: String
        var text: String
        var ids: [String]
        var rejected: [String] = []
    }

    static let shapes: [Shape] = {
        let (a, b, c) = (row("a"), row("b"), row("c"))
        let pretty = a.replacing(",", with: ",\n  ").replacing("{", with: "{\n  ", maxReplacements: 1)
        let lists = ["data", "items", "logs", "records", "results", "usage"].map { key in
            Shape(
                description: "an object with \(key)",
                text: #"{"object":"list","\#(key)":[\#(a), \#(b)],"has_more":false}"#,
                ids: ["a", "b"])
        }
        return lists + [
            Shape(description: "a list", text: "[\(a),\(b),\n\(c)]", ids: ["a", "b", "c"]),
            Shape(description: "an empty list", text: "[]", ids: []),
            Shape(description: "an object with an empty list", text: #"{"data": [ ]}"#, ids: []),
            Shape(
                description: "a list of lists' object after its neighbours",
                text: "{\"a\":{\"data\":[1]},\"b\":[[]],\"data\" : [ \(a) ]}", ids: ["a"]),
            Shape(description: "one object", text: a, ids: ["a"]),
            Shape(description: "one object over several lines", text: pretty, ids: ["a"]),
            Shape(
                description: "a pretty list", text: "[\n\(pretty),\n\(pretty.replacing("\"a\"", with: "\"b\""))\n]\n",
                ids: ["a", "b"]),
            Shape(description: "lines", text: "\(a)\n\(b)\r\n\n\(c)", ids: ["a", "b", "c"]),
            Shape(description: "objects without a line between", text: "\(a)\(b) \(c)", ids: ["a", "b", "c"]),
            Shape(
                description: "pages, one a line", text: "{\"data\":[\(a)]}\n{\"data\":[\(b),\(c)]}\n",
                ids: ["a", "b", "c"]),
            Shape(
                description: "a line broken in a string", text: "\(a)\n{\"id\":\"b\n\(c)\n", ids: ["a", "c"],
                rejected: ["2: the line ends inside a string"]),
            Shape(
                description: "the first line broken in a string", text: "{\"id\":\"b\n\(a)\n\(c)\n", ids: ["a", "c"],
                rejected: ["1: the line ends inside a string"]),
            Shape(
                description: "a line broken between brackets", text: "\(a)\n{\"id\":\"b\",\"usage\":{\n\(c)\n",
                ids: ["a", "c"], rejected: ["2: the line ends before its brackets do"]),
            Shape(
                description: "the first line broken between brackets",
                text: "{\"id\":\"b\",\"usage\":{\"x\":1\n\(a)\n\(c)\n",
                ids: ["a", "c"], rejected: ["1: it ends before its brackets do"]),
            Shape(
                description: "an element of a list without its end",
                text: "[\(a),\n{\"id\":\"b\",\"usage\":{\"x\":1\n\(c)]",
                ids: ["a", "c"], rejected: ["2: it ends before its brackets do"]),
            Shape(
                description: "elements that are none", text: "[\(a), 17, \"x\", null,\n[\(b)], \(c)]", ids: ["a", "c"],
                rejected: [
                    "1: expected an object; got 17", "1: expected an object; got \"x\"",
                    "1: expected an object; got null",
                    "2: expected an object; got [{\"id\":\"b\",\"created\":1795187936,\"model\":…",
                ]),
            Shape(
                description: "a list that is cut off", text: "[\(a),\(b),\n{\"id\":\"c\"", ids: ["a", "b"],
                rejected: [
                    "2: the file ends inside it; it was cut, or a bracket or a quote is missing",
                    "2: the file ends before its list does; it may be cut",
                ]),
            Shape(
                description: "an object with the same key twice",
                text: "\(a)\n{\"id\":\"b\",\"id\":\"c\",\"created\":1}\n",
                ids: ["a"], rejected: ["2: duplicate key \"id\""]),
        ]
    }()

    @Test(arguments: shapes) func `rows are found`(shape: Shape) {
        for chunk in Self.chunks {
            let imported = Imported(shape.text, provider: "openai", chunk: chunk)
            #expect(imported.error == nil, "chunks of \(chunk)")
            #expect(Self.ids(imported) == shape.ids, "chunks of \(chunk)")
            #expect(
                imported.report.rejected.map { "\($0.place.line): \($0.reason)" } == shape.rejected,
                "chunks of \(chunk)")
            #expect(imported.report.bytes == Int64(shape.text.utf8.count))
            #expect(imported.report.rejectedCount == Int64(shape.rejected.count))
        }
    }

    // MARK: CSV

    private static let header = "id,created,model,prompt_tokens,note\n"

    static let tables: [Shape] = [
        Shape(
            description: "quoted cells",
            text: header + "a,1795187936,gpt-5,1,\"x, \"\"y\"\"\nz\"\r\nb,1795187936,\"gpt-5\",\"1\",\"\"\n",
            ids: ["a", "b"]),
        Shape(description: "no newline at the end", text: header + "a,1795187936,gpt-5,1,x", ids: ["a"]),
        Shape(
            description: "CR LF and empty lines",
            text: (header + "a,1795187936,gpt-5,1,x\n\n").replacing("\n", with: "\r\n"), ids: ["a"]),
        Shape(description: "cells left out at the end", text: header + "a,1795187936,gpt-5,1\n", ids: ["a"]),
        Shape(
            description: "semicolons", text: (header + "a,1795187936,gpt-5,1,x\n").replacing(",", with: ";"), ids: ["a"]
        ),
        Shape(description: "tabs", text: (header + "a,1795187936,gpt-5,1,x\n").replacing(",", with: "\t"), ids: ["a"]),
        Shape(description: "quotes inside a plain cell", text: header + "a,1795187936,gpt-5,1,5\" disk\n", ids: ["a"]),
        Shape(
            description: "a quote that is never closed",
            text: header
                + "a,1795187936,gpt-5,1,x\nb,1795187936,gpt-5,1,\"x\nc,1795187936,gpt-5,1,x\nd,1795187936,gpt-5,1,x\n",
            ids: ["a", "c", "d"], rejected: ["3: a quote in it is never closed"]),
        Shape(
            description: "something behind a closing quote",
            text: header + "a,1795187936,gpt-5,1,\"x\"y\nb,1795187936,gpt-5,1,x\n", ids: ["b"],
            rejected: ["2: something follows a closing quote; quotes inside a cell are doubled"]),
        Shape(
            description: "a quote that the next line's seems to close",
            text: header + "a,1795187936,gpt-5,1,\"x\nb,1795187936,gpt-5,1,\"y\"\nc,1795187936,gpt-5,1,z\n",
            ids: ["b", "c"], rejected: ["2: something follows a closing quote; quotes inside a cell are doubled"]),
        Shape(
            description: "a NUL in a cell", text: header + "a,1795187936,gpt-5,1,x\0\nb,1795187936,gpt-5,1,x\n",
            ids: ["b"],
            rejected: ["2: a NUL in cell 5"]),
    ]

    @Test(arguments: tables) func `a table's rows are found`(table: Shape) {
        for chunk in Self.chunks {
            let imported = Imported(table.text, chunk: chunk)
            #expect(imported.error == nil && Self.ids(imported) == table.ids, "chunks of \(chunk)")
            #expect(
                imported.report.rejected.map { "\($0.place.line): \($0.reason)" } == table.rejected,
                "chunks of \(chunk)")
        }
    }

    @Test func `a cell keeps its newlines and quotes`() {
        let imported = Imported(Self.header + "a,1795187936,gpt-5,1,\"x, \"\"y\"\"\nz\"\n")
        #expect(imported.records.map(\.labels.tags) == [["note": "x, \"y\"\nz"]])
    }

    @Test func `bytes that are no UTF-8 cost their row`() {
        let bytes =
            Array((Self.header + "a,1795187936,gpt-5,1,").utf8) + [0xC3, 0x28]
            + Array("\nb,1795187936,gpt-5,1,ż\n".utf8)
        let imported = Imported(bytes)
        #expect(Self.ids(imported) == ["b"])
        #expect(imported.reasons == ["cell 5 is not UTF-8; save the file as UTF-8"])
    }

    // MARK: Large and compressed

    @Test(arguments: chunks) func `gzip is inflated, all its members`(chunk: Int) {
        let parts = [Self.header, "a,1795187936,gpt-5,1,x\nb,17951879", "36,gpt-5,1,x\n"]
        let imported = Imported(parts.flatMap { Gzip.member(Array($0.utf8)) }, chunk: chunk)
        #expect(Self.ids(imported) == ["a", "b"] && imported.report.isCompressed && imported.error == nil)
        #expect(imported.records.map(\.raw?.offset) == [36, 59])
    }

    @Test func `what came before the damage is kept`() {
        var bytes = Gzip.member(Array((Self.header + "a,1795187936,gpt-5,1,x\nb,1795").utf8))
        let cut = Imported(Array(bytes.dropLast(4)))
        #expect(Self.ids(cut) == ["a"] && cut.error == .compressed(.cut(at: Int64(bytes.count - 4))))
        bytes[bytes.count - 8] ^= 1
        let damaged = Imported(bytes)
        #expect(damaged.error?.description.contains("incorrect data check") == true)
    }

    @Test func `text is told from what is none`() {
        #expect(
            Imported([0xFF, 0xFE] + Array("i\0d\0".utf8)).error == .unreadable("it is UTF-16; save it as UTF-8"))
        #expect(
            Imported(Array("PK\u{3}\u{4}….xlsx".utf8)).error
                == .unreadable("it is a ZIP archive or an Excel workbook; unpack it, or save it as CSV"))
        #expect(Imported([0x1F, 0x8B, 8, 0, 1]).error == .compressed(.cut(at: 5)))
        #expect(
            Imported([0x1F, 0x8B, 9, 9, 9, 9]).error?.description.hasPrefix("the compressed data is damaged") == true)
    }

    @Test func `many rows come in batches, and refused ones are counted beyond the first`() {
        let rows = (0..<3000).map { $0.isMultiple(of: 3) ? "a\($0),never,gpt-5,1,\n" : "a\($0),1795187936,gpt-5,1,\n" }
        let imported = Imported(Self.header + rows.joined(), chunk: 4096)
        #expect(imported.records.count == 2000 && imported.report.read == 2000)
        #expect(imported.report.rejectedCount == 1000)
        #expect(imported.report.rejected.count == ImportReport.rejectedLimit)
        #expect(imported.largestBatch >= 512 && imported.largestBatch < 2000)
        #expect(imported.report.rejected.last?.place.line == 299)
    }

    @Test func `an element beyond the limit is skipped, and the next is read`() {
        let huge = #"{"id":"b","x":""# + String(repeating: "y", count: 5000) + #""}"#
        for chunk in [100, 1 << 20] {
            let list = Imported(
                Array("[\(Self.row("a")),\(huge),\(Self.row("c"))]".utf8), chunk: chunk, elementLimit: 5000)
            #expect(Self.ids(list) == ["a", "c"])
            #expect(list.reasons == ["longer than 5000 bytes; it was skipped"])
            let row = "b,1795187936,gpt-5,1," + String(repeating: "y", count: 5000) + "\n"
            let table = Imported(
                Array((Self.header + row + "c,1795187936,gpt-5,1,x\n").utf8), chunk: chunk, elementLimit: 5000)
            #expect(Self.ids(table) == ["c"] && table.report.rejected.map(\.place.line) == [2])
        }
    }

    @Test func `unknown columns are kept as tags, as long as they are few and short`() {
        let many = (0..<30).map { ",c\($0)" }.joined()
        let imported = Imported(
            "id,created,model,prompt_tokens,prompt\(many)\n"
                + "a,1795187936,gpt-5,1,\(String(repeating: "p", count: 300))\(String(repeating: ",v", count: 30))\n")
        #expect(imported.records.first?.labels.tags.count == 16)
        #expect(imported.report.keptColumns.names.count == 16)
        #expect(imported.report.droppedColumns.names.contains("prompt"))
    }

    @Test func `conversations beside the usage are stepped over, whatever is in them`() {
        let imported = Imported(
            #"{"id":"a","created":1795187936,"model":"gpt-5","prompt_tokens":1,"messages":[{"a":"\u0000\ud800"}],"#
                + #""note":"\u0000","deep":\#(String(repeating: "[", count: 500))\#(String(repeating: "]", count: 500)),"#
                + #""choices":[{"index":0,"message":{"content":"finish_reason"},"finish_reason":"content_filter"}]}"#)
        #expect(imported.records.map(\.outcome) == [.error] && imported.reasons == [])
        #expect(imported.report.droppedColumns.names == ["messages", "note", "deep"])
    }

    // MARK: Agents' own files

    @Test func `agents' own files are known by what is in them`() throws {
        let summary = #"{"type":"summary","summary":"Fix it","leafUuid":"l-1"}"# + "\n"
        let transcript = Imported(summary + Fixture.line("m1") + "{\"broken\n" + Fixture.line("m2"))
        #expect(transcript.report.format == .transcript && transcript.report.skipped == 1)
        #expect(transcript.records.map(\.identity.id) == ["m1:req_m1", "m2:req_m2"])
        #expect(transcript.report.rejected.map(\.place.line) == [3])
        #expect(transcript.records.map(\.raw?.file) == ["usage", "usage"])
        #expect(transcript.records.first?.raw?.offset == Int64(summary.utf8.count))

        let zone = try #require(Zone(identifier: "America/New_York"))
        let coordinator = Imported(Fixture.call(), zone: zone)
        #expect(coordinator.report.format == .coordinator)
        #expect(coordinator.records.map { RFC3339.utc($0.time) } == ["2026-11-20T20:18:56.120Z"])

        let codex = #"{"timestamp":"2026-11-20T15:18:56Z","type":"session_meta","payload":{"id":"x"}}"# + "\n"
        #expect(Imported(codex).report.format == .codex)
        let stream = #"{"type":"system","subtype":"init","session_id":"s"}"# + "\n"
        #expect(Imported(stream).report.format == .stream)
        let voice = #"{"uuid":"u","timestamp":"2026-11-20T15:18:56Z","model":"m","input_tokens":1}"# + "\n"
        #expect(Imported(voice).report.format == .voice)
        #expect(
            Imported("2026-11-20 15:18:56 - LiteLLM:INFO: utils.py:1 - completion() model= gpt-4o; provider = openai\n")
                .report.format == .litellmLog)
        #expect(Imported("[2026-11-20 15:18:56] INFO LiteLLM completion\n").report.format == .litellmLog)
    }

    // MARK: Whatever comes

    /// Files of every kind, to be broken.
    private static let seeds: [String] =
        shapes.map(\.text) + tables.map(\.text) + [
            Fixture.line("m1") + Fixture.line("m2"), Fixture.call(),
            #"{"request_id":"r","spend":1,"startTime":1795187936,"model":"m","metadata":"{\"usage_object\":{}}"}"#,
        ]

    private static func broken(_ random: inout SeededGenerator) -> [UInt8] {
        var bytes = Array(random.pick(seeds).utf8)
        let pieces = ["\"", "{", "}", "[", "]", ",", "\n", "\\", "\r", "\0", ":", "\u{FEFF}", "\"\"", "{\"", "-1", "é"]
        for _ in 0..<random.number(1..<6) where !bytes.isEmpty {
            let place = random.number(0..<bytes.count)
            switch random.number(0..<4) {
            case 0: bytes.insert(contentsOf: Array(random.pick(pieces).utf8), at: place)
            case 1: bytes.removeSubrange(place..<min(bytes.count, place + random.number(1..<20)))
            case 2: bytes[place] = UInt8(truncatingIfNeeded: random.next())
            default:
                bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + random.number(1..<200))], at: place)
            }
        }
        return random.once(in: 4) ? Gzip.member(bytes) : bytes
    }

    @Test(arguments: Seed.some(60)) func `no bytes stop an import, and chunks make no difference`(seed: Seed) {
        var random = SeededGenerator(seed)
        let bytes = Self.broken(&random)
        let whole = Imported(bytes)
        for chunk in [1, random.number(2..<50)] {
            let parts = Imported(bytes, chunk: chunk)
            #expect(parts.records == whole.records)
            #expect(parts.report == whole.report)
            #expect(parts.error == whole.error)
        }
        #expect(whole.report.read == Int64(whole.records.count))
        #expect(whole.records.allSatisfy { $0.tokens.outOfRange == nil && $0.time.milliseconds >= 0 })
    }
}
