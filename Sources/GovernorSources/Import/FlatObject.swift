import GovernorCore

/// The members of an object with those of the objects inside it that hold usage, all in one row. The rest (conversations,
/// answers, a proxy's own settings) is stepped over, however large, deep or broken it is.
struct FlatObject {
    /// As written, with dots between.
    private(set) var names: [String] = []
    private(set) var values: [JSON] = []
    /// Names whose values were not looked at.
    private(set) var leftOut: [String] = []

    /// Objects that are looked into, wherever they stand.
    private static let nested: Set<String> = [
        "usage", "usagemetadata", "metadata", "usageobject", "additionalusagevalues", "prompttokensdetails",
        "inputtokensdetails", "completiontokensdetails", "outputtokensdetails", "cachecreationtokendetails",
        "cachecreation", "costbreakdown", "spendlogsmetadata", "requestermetadata", "errorinformation",
        "servertooluse",
    ]
    /// Lists and objects that are kept as they are.
    private static let whole: Set<String> = ["requesttags", "tags"]
    /// Lists whose first element says how a call ended.
    private static let answers: Set<String> = ["choices", "candidates"]
    private static let depthLimit = 5
    /// Longer values are no usage.
    private static let valueLimit = 64 << 10

    /// Whether what stands under a name is looked into.
    static func isNested(_ name: String) -> Bool { nested.contains(ImportColumns.matched(name)) }

    mutating func add(_ bytes: UnsafeRawBufferPointer, under prefix: String, depth: Int) throws(LineProblem) {
        var outline = JSONOutline(text: bytes)
        outline.skipSpace()
        guard outline.skip("{") else { throw LineProblem("expected an object; got \(Self.glimpse(bytes))") }
        outline.skipSpace()
        if !outline.skip("}") {
            repeat {
                let (key, value) = try outline.member()
                try add(try Self.text(key), value, under: prefix, depth: depth)
            } while try outline.goesOn()
        }
        outline.skipSpace()
        guard outline.position == bytes.count else {
            throw LineProblem("expected the end after the object (byte \(outline.position))")
        }
    }

    private mutating func add(
        _ key: String, _ value: UnsafeRawBufferPointer, under prefix: String, depth: Int
    ) throws(LineProblem) {
        let name = prefix + key
        switch value.first {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            let matched = ImportColumns.matched(key)
            if value.first == UInt8(ascii: "{"), Self.nested.contains(matched), depth < Self.depthLimit {
                try add(value, under: name + ".", depth: depth + 1)
            } else if Self.whole.contains(matched), value.count <= Self.valueLimit {
                try append(name, value)
            } else if Self.answers.contains(matched), let reason = Self.finishReason(value) {
                try append(name + ".finish_reason", .string(reason))
            } else {
                leave(name)
            }
        case UInt8(ascii: "\"") where value.count > 1 && value[1] == UInt8(ascii: "{"):
            // Spend logs keep their metadata as a text of JSON.
            let matched = ImportColumns.matched(key)
            if Self.nested.contains(matched), depth < Self.depthLimit {
                try add(text: try Self.read(value, name).string ?? "", name, depth: depth)
            } else {
                try append(name, value)
            }
        default: try append(name, value)
        }
    }

    /// The same of an object that is written as a text.
    mutating func add(text: String, _ name: String, depth: Int) throws(LineProblem) {
        let inner = Array(text.utf8)
        let outcome = inner.withUnsafeBytes { inner in
            Result { () throws(LineProblem) in try add(inner, under: name + ".", depth: depth + 1) }
        }
        do throws(LineProblem) { try outcome.get() } catch { throw LineProblem("\(name): \(error.reason)") }
    }

    private mutating func append(_ name: String, _ value: UnsafeRawBufferPointer) throws(LineProblem) {
        guard value.count <= Self.valueLimit else { return leave(name) }
        do throws(LineProblem) { try append(name, try Self.read(value, name)) } catch {
            // What nobody asks for costs nobody the usage beside it.
            guard !KnownColumns.all.contains(ImportColumns.matched(name)) else { throw error }
            leave(name)
        }
    }

    private mutating func append(_ name: String, _ value: JSON) throws(LineProblem) {
        guard names.count < ImportColumns.limit else {
            throw LineProblem("more than \(ImportColumns.limit) values in the object")
        }
        names.append(name)
        values.append(value)
    }

    private mutating func leave(_ name: String) {
        if leftOut.count < 32 { leftOut.append(ImportColumns.shown(name)) }
    }

    private static func read(_ value: UnsafeRawBufferPointer, _ name: String) throws(LineProblem) -> JSON {
        do throws(JSONReader.Failure) { return try JSONReader.read(value) } catch {
            throw LineProblem("\(name): \(error.message)")
        }
    }

    private static func text(_ key: UnsafeRawBufferPointer) throws(LineProblem) -> String {
        if key.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }) {
            return String(decoding: key, as: UTF8.self)
        }
        let quoted = [UInt8(ascii: "\"")] + Array(key) + [UInt8(ascii: "\"")]
        do throws(JSONReader.Failure) { return try JSONReader.read(quoted).string ?? "" } catch {
            throw LineProblem("a key: \(error.message)")
        }
    }

    /// `finish_reason` (or `finishReason`) of the first answer in a list of them.
    private static func finishReason(_ list: UnsafeRawBufferPointer) -> String? {
        var first: UnsafeRawBufferPointer?
        var splitter = JSONSplitter(limit: list.count)
        splitter.take(list) { cut in
            if first == nil, cut.problem == nil { first = cut.bytes }
        }
        guard let first, first.first == UInt8(ascii: "{") else { return nil }
        var outline = JSONOutline(text: first)
        guard outline.skip("{") else { return nil }
        do throws(LineProblem) {
            repeat {
                let (key, value) = try outline.member()
                guard ImportColumns.matched(String(decoding: key, as: UTF8.self)) == "finishreason" else { continue }
                return try read(value, "finish_reason").string
            } while try outline.goesOn()
        } catch {
            // How it ended is not worth the row.
            return nil
        }
        return nil
    }

    static func glimpse(_ bytes: UnsafeRawBufferPointer) -> String {
        let text = String(decoding: bytes.prefix(40), as: UTF8.self)
        return bytes.isEmpty ? "nothing" : "\(text)\(bytes.count > 40 ? "…" : "")"
    }
}
