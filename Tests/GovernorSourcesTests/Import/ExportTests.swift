import GovernorCore
import GovernorSources
import Seeds
import Testing

/// What `ExportWriter` writes, and that `Importer` reads it back.
@Suite struct ExportTests {
    private static func export(_ records: [UsageRecord], _ format: ExportFormat) -> [UInt8] {
        var bytes: [UInt8] = []
        var writer = ExportWriter(format)
        writer.begin(&bytes)
        for record in records { writer.append(record, to: &bytes) }
        writer.end(&bytes)
        return bytes
    }

    private static let plain: UsageRecord = {
        var record = UsageRecord(
            identity: .message("msg_1", request: "req_1"), growth: .larger,
            time: Timestamp(milliseconds: 1_795_187_936_120),
            labels: Labels([.worker: "w-1", .model: "claude-opus-4-5", .source: "transcript"]),
            tokens: TokenCounts(input: 1, output: 2, cacheRead: 3), raw: .init(file: "/a.jsonl", offset: 7))
        record.labels.tags = ["agent": "a,1"]
        record.cost = Money(nanodollars: 12_345)
        record.costOrigin = .priced
        return record
    }()

    @Test func `the columns are the contract's, then ours`() {
        let lines = String(decoding: Self.export([Self.plain], .csv), as: UTF8.self).split(separator: "\n")
        #expect(
            lines[0].hasPrefix(
                "id,time,source,provider,model,worker,session,task,project,user,team,input_tokens,output_tokens,"
                    + "cache_read_tokens,cache_write_5m_tokens,cache_write_1h_tokens,reasoning_tokens,cost_usd,"
                    + "cost_origin,duration_ms,ttft_ms,outcome,error_kind,tags,"))
        #expect(
            lines[1]
                == "msg_1:req_1,2026-11-20T15:18:56.120Z,transcript,,claude-opus-4-5,w-1,,,,,,1,2,3,0,0,0,0.000012345,"
                + #"priced,,,success,,"{""agent"":""a,1""}",,,,,,,larger,transcript/msg_1,req_1,,,transcript,,/a.jsonl,7"#
        )
        #expect(
            String(decoding: Self.export([Self.plain], .jsonl), as: UTF8.self)
                == #"{"id":"msg_1:req_1","time":"2026-11-20T15:18:56.120Z","source":"transcript","provider":null,"#
                + #""model":"claude-opus-4-5","worker":"w-1","session":null,"task":null,"project":null,"user":null,"#
                + #""team":null,"input_tokens":1,"output_tokens":2,"cache_read_tokens":3,"cache_write_5m_tokens":0,"#
                + #""cache_write_1h_tokens":0,"reasoning_tokens":0,"cost_usd":0.000012345,"cost_origin":"priced","#
                + #""duration_ms":null,"ttft_ms":null,"outcome":"success","error_kind":null,"tags":{"agent":"a,1"},"#
                + #""growth":"larger","identity":"transcript/msg_1","request":"req_1","witnesses":"transcript","#
                + #""file":"/a.jsonl","offset":7}"# + "\n")
        #expect(String(decoding: Self.export([], .json), as: UTF8.self) == "[\n]\n")
        let two = String(decoding: Self.export([Self.plain, Self.plain], .json), as: UTF8.self)
        #expect(two.hasPrefix("[\n{") && two.contains("},\n{") && two.hasSuffix("}\n]\n"))
    }

    @Test(arguments: ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "'=1", "'", "\u{FF1D}1", "=1,\"x\"\n"])
    func `a spreadsheet runs no cell, and the text comes back`(text: String) throws {
        var record = Self.plain
        record.labels.worker = text
        record.labels.session = "plain"
        let bytes = Self.export([record], .csv)
        let guarded = String(decoding: bytes, as: UTF8.self)
        #expect(guarded.contains(",'\(text.prefix(1))") || guarded.contains(",\"'\(text.prefix(1))"))
        #expect(Imported(bytes).records == [record])
        #expect(CSVCell.guarded("plain") == "plain" && CSVCell.unguarded("plain") == "plain")
    }

    @Test func `an export that was cut down to the contract's columns is read`() throws {
        let imported = Imported(
            """
            id,time,source,model,worker,input_tokens,output_tokens,cost_usd,cost_origin,outcome,tags
            x:1,2026-11-20T15:18:56Z,transcript,claude-opus-4-5,w-1,1,2,0.5,reported,success,"{""a"":""b""}"

            """)
        let record = try #require(imported.records.first)
        #expect(imported.keepsCosts && record.identity.key == "import/governor/x:1")
        #expect(record.cost == Money(dollars: "0.5") && record.reportedCost == record.cost)
        #expect(record.labels.source == "transcript" && record.labels.tags == ["a": "b"] && record.growth == .later)
    }

    @Test(arguments: [
        ("time", "\"yesterday\"", "time must be an RFC 3339 time with its zone; got \"yesterday\""),
        ("time", "\"2026-11-20T15:18:56\"", "time must be an RFC 3339 time with its zone; got \"2026-11-20T15:18:56\""),
        ("cost_usd", "-1", "cost_usd must be dollars from 0 up; got -1"), ("cost_usd", "null", "no cost_usd"),
        ("cost_origin", "\"guessed\"", "cost_origin must be a word of this export; got \"guessed\""),
        ("input_tokens", "-1", "input_tokens must be a whole number from 0 to 10000000000; got -1"),
        ("tags", "{\"a\":1}", "tags.a must be a text of at most 256 bytes"),
        ("tags", "[]", "tags must be an object of texts; got a list"),
        ("worker", "17", "worker must be a text; got 17"),
    ]) func `what was changed by hand is refused with its reason`(key: String, value: String, reason: String) throws {
        var text = String(decoding: Self.export([Self.plain], .jsonl), as: UTF8.self)
        let member = try #require(text.firstMatch(of: try Regex("\"\(key)\":(\\{[^}]*\\}|\"[^\"]*\"|[^,]*)")))
        text.replaceSubrange(member.range, with: "\"\(key)\":\(value)")
        let imported = Imported(text)
        #expect(imported.records.isEmpty && imported.reasons == [reason], "\(text)")
    }

    // MARK: Round trip

    private static func text(_ random: inout SeededGenerator) -> String {
        let parts = [
            "w-1", "=1", "+", "-", "@", "'", "\"", ",", "\n", "\r\n", ";", "\t", " ", "é", "e\u{301}", "日本", "\u{FEFF}",
            "{}",
            "\u{7F}", "\u{85}", "\\", "null", "17", "\u{1F600}", "\u{301}",
        ]
        return (0..<random.number(1..<5)).map { _ in random.pick(parts) }.joined()
    }

    private static func record(_ random: inout SeededGenerator) -> UsageRecord {
        var labels = Labels()
        for name in LabelName.allCases where !random.once(in: 3) { labels[name] = text(&random) }
        labels.source = random.pick(SourceKind.allCases).rawValue
        for _ in 0..<random.number(0..<4) { labels.tags[text(&random)] = random.once(in: 5) ? "" : text(&random) }
        func count(_ random: inout SeededGenerator) -> Int64 {
            random.once(in: 3) ? 0 : random.number(0...(random.once(in: 9) ? TokenCounts.limit : 5000))
        }
        var record = UsageRecord(
            identity: CallIdentity(
                key: "\(labels.source ?? "")/\(text(&random))", request: random.once(in: 2) ? nil : text(&random),
                isSidechain: random.once(in: 4), joinsByKey: random.once(in: 4)),
            growth: random.once(in: 2) ? .later : .larger,
            time: Timestamp(milliseconds: random.number(0...4_000_000_000_000)),
            labels: labels,
            tokens: TokenCounts(
                input: count(&random), output: count(&random), cacheRead: count(&random), cacheWrite5m: count(&random),
                cacheWrite1h: count(&random), cacheWrite12h: count(&random), reasoning: count(&random)),
            terms: Terms(
                tier: random.pick([.standard, .batch, .flex, .priority]), fast: random.once(in: 4),
                usGeography: random.once(in: 4), webSearches: random.once(in: 4) ? count(&random) : 0),
            reportedCost: random.once(in: 2) ? nil : Money(nanodollars: random.anyCount()),
            durationMilliseconds: random.once(in: 2) ? nil : random.anyCount(),
            firstTokenMilliseconds: random.once(in: 2) ? nil : random.anyCount(),
            outcome: random.pick([.success, .error, .cancelled]), errorKind: random.once(in: 2) ? nil : text(&random),
            raw: random.once(in: 2) ? nil : .init(file: text(&random), offset: random.anyCount()))
        record.cost = Money(nanodollars: random.anyCount())
        record.costOrigin = random.pick([.reported, .priced, .unpriced])
        if record.costOrigin == .reported { record.reportedCost = record.cost }
        record.witnesses = SourceKinds(SourceKind.allCases.filter { _ in random.once(in: 3) }.map { SourceKinds($0) })
        record.isShadowed = random.once(in: 5)
        return record
    }

    @Test(arguments: Seed.some(20)) func `what was exported is imported as it was, to the last bit`(seed: Seed) {
        var random = SeededGenerator(seed)
        let records = (0..<40).map { _ in Self.record(&random) }
        for format in ExportFormat.allCases {
            let imported = Imported(Self.export(records, format), chunk: random.pick([1, 7, 100, 1 << 20]))
            #expect(imported.error == nil && imported.reasons == [], "\(format)")
            #expect(imported.report.format == .governor && imported.keepsCosts, "\(format)")
            for (read, written) in zip(imported.records, records) {
                let difference = read.difference(from: written)
                #expect(difference == nil, "\(format)")
            }
            #expect(imported.records.count == records.count, "\(format)")
        }
    }

    @Test(arguments: Seed.some(10)) func `into the same ledger it adds nothing, and into an empty one the same sums`(
        seed: Seed
    ) {
        var random = SeededGenerator(seed)
        var first = Deduplication(stored: [])
        for _ in 0..<60 { _ = first.add(Self.record(&random)) }
        var stored: [StoredRecord] = []
        for change in first.changes {
            if case .insert(let record) = change {
                stored.append(StoredRecord(sequence: Int64(stored.count), record: record))
            }
        }
        let imported = Imported(Self.export(stored.map(\.record), random.pick(ExportFormat.allCases)))

        var again = Deduplication(stored: stored)
        for record in imported.records { #expect(again.add(record, isExport: true) == .duplicate) }
        #expect(again.changes.isEmpty)

        var fresh = Deduplication(stored: [])
        for record in imported.records { _ = fresh.add(record) }
        var (mine, theirs) = (UsageSums(), UsageSums())
        for change in fresh.changes { if case .insert(let record) = change { mine.add(record, sign: 1) } }
        for record in stored.map(\.record) { theirs.add(record, sign: 1) }
        #expect(mine == theirs)
    }
}

extension UsageRecord {
    /// Where this record, as text, begins to differ from another by its bytes; nil when it doesn't. Tags come in no order,
    /// so they are compared apart.
    fileprivate func difference(from other: UsageRecord) -> String? {
        func shown(_ record: UsageRecord) -> [Unicode.Scalar] {
            var bare = record
            bare.labels.tags = [:]
            let tags = record.labels.tags.map { "\(Array($0.key.utf8))=\(Array($0.value.utf8))" }.sorted()
            return Array("\(bare) \(tags)".unicodeScalars)
        }
        let (mine, theirs) = (shown(self), shown(other))
        guard mine != theirs else { return self == other ? nil : "something that is not shown" }
        let place = zip(mine, theirs).prefix { $0 == $1 }.count
        func near(_ text: [Unicode.Scalar]) -> String {
            String(String.UnicodeScalarView(text[max(0, place - 60)...].prefix(100)))
        }
        return "\(near(mine).debugDescription) instead of \(near(theirs).debugDescription)"
    }
}
