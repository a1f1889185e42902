import GovernorCore

/// LiteLLM's log as plain text (`contract/usage.md`, format 4): each line that names a model in a completion call is one
/// request. Tokens and cost are booked where the line tells them, which it rarely does; without them it is a call of no
/// tokens, priced by whatever the policy asks for a request.
///
/// One call is told of by several lines: by the library when it begins (`LiteLLM completion() model= gpt-5; provider =
/// openai`), by its router when it ends (`litellm.acompletion(model=gpt-5) 200 OK`), by others in between. Of which of
/// these forms the first such line of a file is, of that form its calls are counted.
///
/// A log has no ids, and is rotated by renaming or by copying and cutting, so a call is known by the first lines of its
/// log and its place behind them: a copy has both the same, and what is written at the old places after a cut begins with
/// other lines.
struct LiteLLMLogParser: LineParser {
    /// Which kind of line a call is counted by.
    private enum Form: String {
        case library, router, other
    }

    /// Lines that say which log it is.
    private static let headLines = 32
    /// A call's name and time stand at the beginning of its line; behind it may be a whole answer.
    private static let lineLimit = 16 << 10

    private let context: LineContext
    private var head: UInt64 = 0
    private var lines = 0
    private var form: Form?
    /// The time that a line named last: the line of the call may follow the one with its time.
    private var time: Timestamp?

    init?(state: String?, context: LineContext) {
        self.context = context
        guard context.isStart || state != nil else { return nil }
        guard let state else { return }
        guard let json = ParserState.object(state), let head = json["head"]?.integer, let lines = json["lines"]?.integer
        else { return nil }
        self.head = UInt64(bitPattern: head)
        self.lines = Int(clamping: lines)
        form = json["form"]?.string.flatMap(Form.init(rawValue:))
        time = json["time"]?.integer.map { Timestamp(milliseconds: $0) }
    }

    var state: String? {
        ParserState.text { json in
            json.field("head", Int64(bitPattern: head))
            json.field("lines", Int64(lines))
            json.field("form", ifPresent: form?.rawValue)
            if let time { json.field("time", time.milliseconds) }
        }
    }

    var source: SourceKind { .litellm }

    func mayMatter(_ line: UnsafeRawBufferPointer) -> Bool {
        if lines < Self.headLines || LogWords.mayBeginWithTime(line) { return true }
        return ByteSearch.contains("ompletion", in: line) && ByteSearch.contains("odel", in: line)
    }

    mutating func read(_ line: SourceLine, into records: inout [UsageRecord]) throws(LineProblem) {
        let words = LogWords(line.bytes.prefix(Self.lineLimit))
        if lines < Self.headLines {
            head = StableHash.value("\(head) \(words.text)")
            lines += 1
        }
        time = words.time(context) ?? time
        guard let (found, named) = Self.call(in: words), form == nil || form == found else { return }
        form = found
        let provider = words.value(of: "provider") ?? words.value(of: "custom_llm_provider")
        let isLocal = provider == "ollama" || provider == "ollama_chat"
        let input = Self.count(words, "prompt_tokens")
        let cached = min(Self.count(words, "cached_tokens"), input)
        var labels = Labels()
        labels.source = SourceKind.litellm.rawValue
        // A local model is free under the name that says where it runs.
        labels.model = try LineText.model(isLocal && !named.contains("/") ? "ollama/\(named)" : named)
        labels.provider = isLocal ? "ollama" : LineText.label(provider)
        let failed = words.has("exception") || words.has("error")
        var record = UsageRecord(
            identity: CallIdentity(key: "litellm/log/\(String(head, radix: 16))@\(line.offset)"), growth: .larger,
            time: time ?? context.modified ?? Timestamp(milliseconds: 0), labels: labels,
            tokens: TokenCounts(
                input: input - cached, output: Self.count(words, "completion_tokens"), cacheRead: cached),
            reportedCost: (words.value(of: "response_cost") ?? words.value(of: "cost")).flatMap {
                LineNumbers.cost(LineNumbers.unquoted(.string($0)))
            },
            outcome: failed ? .error : .success, errorKind: failed ? ErrorKind.classify(words.text) : nil,
            raw: line.place)
        record.timeIsArrival = time == nil && context.modified == nil
        records.append(record)
    }

    private static func call(in words: LogWords) -> (Form, String)? {
        guard words.has("completion"), let model = words.value(of: "model"),
            model.utf8.contains(where: { $0 | 0x20 >= UInt8(ascii: "a") && $0 | 0x20 <= UInt8(ascii: "z") }),
            model != "None", model != "null"
        else { return nil }
        if words.has("completion() model=") { return (.library, model) }
        return (words.has("completion(model=") ? .router : .other, model)
    }

    private static func count(_ words: LogWords, _ name: String) -> Int64 {
        guard let digits = words.value(of: name), let count = Int64(digits), (0...TokenCounts.limit).contains(count)
        else { return 0 }
        return count
    }
}

/// A line of a log, without what colours it on a terminal.
struct LogWords {
    /// The line; bytes that are no UTF-8 are replaced.
    let text: String
    private let lowercased: [UInt8]
    private let bytes: [UInt8]

    init(_ line: Slice<UnsafeRawBufferPointer>) {
        var plain: [UInt8] = []
        plain.reserveCapacity(line.count)
        var rest = line
        while let byte = rest.popFirst() {
            if byte == 0x1B, rest.first == UInt8(ascii: "[") {
                // `ESC [ … m`, and whatever else ends in a letter.
                while let next = rest.popFirst(), !(0x40...0x7E).contains(next) || next == UInt8(ascii: "[") {}
            } else {
                plain.append(byte)
            }
        }
        bytes = plain
        lowercased = plain.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        text = String(decoding: plain, as: UTF8.self)
    }

    /// Whether the line holds a text, given in lower case.
    func has(_ text: StaticString) -> Bool {
        lowercased.withUnsafeBytes { ByteSearch.contains(text, in: $0) }
    }

    /// What stands behind a name and `=` or `:`, quotes or none around either: of `model= gpt-5; provider = openai`,
    /// `'model': 'gpt-5'` and `"model":"gpt-5"` the model is `gpt-5`.
    func value(of name: String) -> String? {
        let name = Array(name.utf8)
        var from = 0
        while let start = first(name, from: from) {
            from = start + name.count
            // A longer name that ends in this one is another.
            if start > 0, isPartOfName(bytes[start - 1]) { continue }
            var at = from
            skip(&at) { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "'") || $0 == 0x20 || $0 == UInt8(ascii: "\\") }
            guard at < bytes.count, bytes[at] == UInt8(ascii: "=") || bytes[at] == UInt8(ascii: ":") else { continue }
            at += 1
            skip(&at) { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "'") || $0 == 0x20 || $0 == UInt8(ascii: "\\") }
            let begin = at
            skip(&at) { !Self.endsValue($0) }
            if at > begin { return String(decoding: bytes[begin..<at], as: UTF8.self) }
        }
        return nil
    }

    private func first(_ name: [UInt8], from: Int) -> Int? {
        var at = from
        while at + name.count <= lowercased.count {
            if lowercased[at] == name[0], lowercased[at..<at + name.count].elementsEqual(name) { return at }
            at += 1
        }
        return nil
    }

    private func skip(_ at: inout Int, while condition: (UInt8) -> Bool) {
        while at < bytes.count, condition(bytes[at]) { at += 1 }
    }

    private func isPartOfName(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
    }

    private static func endsValue(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x00...0x20, UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: ")"), UInt8(ascii: "("),
            UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "}"), UInt8(ascii: "]"), UInt8(ascii: "\\"),
            UInt8(ascii: "`"), 0x7F:
            true
        default: false
        }
    }

    /// Whether a line may begin with a time: by a digit, a bracket, a brace or a colour.
    static func mayBeginWithTime(_ line: UnsafeRawBufferPointer) -> Bool {
        guard let first = line.first else { return false }
        return (0x30...0x39).contains(first) || first == UInt8(ascii: "[") || first == UInt8(ascii: "{")
            || first == 0x1B
    }

    /// The time the line names: with its date, or of the day alone (`12:34:56 - LiteLLM:INFO`), which is then the last
    /// such time before the log last changed.
    func time(_ context: LineContext) -> Timestamp? {
        if let named = value(of: "timestamp"), let reading = RFC3339.read(named.utf8) {
            return LineTime.instant(reading, context.zone)
        }
        let start = bytes.prefix(40).drop { !(0x30...0x39).contains($0) }
        var stamp = start.prefix { (0x30...0x39).contains($0) || "-T:.,Z+ ".utf8.contains($0) }[...]
        // `2026-11-20 15:18:56,120 - …`: what is behind the time goes, word by word.
        while !stamp.isEmpty {
            let text = stamp.map { $0 == UInt8(ascii: ",") ? UInt8(ascii: ".") : $0 }
            if text.count >= 16, let reading = RFC3339.read(text) { return LineTime.instant(reading, context.zone) }
            if text.count == 8, let time = ofDay(text, context) { return time }
            stamp = stamp.dropLast()
        }
        return nil
    }

    private func ofDay(_ text: [UInt8], _ context: LineContext) -> Timestamp? {
        guard let modified = context.modified,
            case .local(let civil)? = RFC3339.read(Array("2000-01-01T".utf8) + text)
        else { return nil }
        let latest = context.zone.civil(at: modified + .minutes(1))
        let today = civil.millisecondOfDay <= latest.millisecondOfDay
        let date = today ? latest.date : latest.date.later(by: -1)
        return context.zone.instant(of: CivilTime(date: date, millisecondOfDay: civil.millisecondOfDay))
    }
}
