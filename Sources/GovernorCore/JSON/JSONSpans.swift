/// Finds where values lie in a JSON text without reading what is in them.
///
/// For two who must not depend on the whole of a text: a hook, whose input carries megabytes of a tool's output that
/// `JSONReader` may rightly refuse (a NUL, half a surrogate pair), and an edit that leaves every other byte as it was.
package struct JSONSpans {
    package typealias Failure = JSONReader.Failure

    /// A member of an object: its name, where the member begins, and where its value lies.
    package struct Member: Hashable, Sendable {
        package var key: String
        package var start: Int
        package var value: Range<Int>
    }

    /// The members of the object that is the whole text.
    package static func members(of bytes: [UInt8]) throws(Failure) -> [Member] {
        var spans = JSONSpans(bytes)
        let members = try spans.members()
        spans.skipSpace()
        guard spans.position == bytes.count else { throw spans.failure("expected the end after the value") }
        return members
    }

    private let bytes: [UInt8]
    private(set) var position = 0

    init(_ bytes: [UInt8], from position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    /// The members of the object that begins here; the position is behind it afterwards.
    mutating func members() throws(Failure) -> [Member] {
        var members: [Member] = []
        try container(UInt8(ascii: "{"), UInt8(ascii: "}")) { (spans: inout JSONSpans) throws(Failure) in
            let start = spans.position
            try spans.skipString()
            let named = try JSONReader.read(spans.bytes[start..<spans.position])
            try spans.skip(UInt8(ascii: ":"), "':' after the key")
            members.append(Member(key: named.string ?? "", start: start, value: try spans.value()))
        }
        return members
    }

    /// Where the elements of the list that begins here lie; the position is behind it afterwards.
    mutating func elements() throws(Failure) -> [Range<Int>] {
        var elements: [Range<Int>] = []
        try container(UInt8(ascii: "["), UInt8(ascii: "]")) { (spans: inout JSONSpans) throws(Failure) in
            elements.append(try spans.value())
        }
        return elements
    }

    /// Where the next value lies; the position is behind it afterwards.
    mutating func value() throws(Failure) -> Range<Int> {
        skipSpace()
        let start = position
        guard position < bytes.count else { throw failure("the text ends where a value should be") }
        var depth = 0
        repeat {
            guard position < bytes.count else { throw failure("the text ends inside a value") }
            switch bytes[position] {
            case UInt8(ascii: "\""): try skipString()
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                position += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                position += 1
            default:
                if depth > 0 { position += 1 } else { skipWord() }
            }
        } while depth > 0
        guard depth == 0, position > start else { throw failure("expected a value") }
        return start..<position
    }

    mutating func skipSpace() {
        while position < bytes.count, [0x20, 0x0A, 0x0D, 0x09].contains(bytes[position]) { position += 1 }
    }

    private mutating func container(
        _ open: UInt8, _ close: UInt8, _ element: (inout JSONSpans) throws(Failure) -> Void
    ) throws(Failure) {
        try skip(open, "an object or a list")
        skipSpace()
        if position < bytes.count, bytes[position] == close {
            position += 1
            return
        }
        while true {
            skipSpace()
            try element(&self)
            skipSpace()
            if position < bytes.count, bytes[position] == close {
                position += 1
                return
            }
            try skip(UInt8(ascii: ","), "',' or the end")
        }
    }

    private mutating func skip(_ byte: UInt8, _ what: String) throws(Failure) {
        skipSpace()
        guard position < bytes.count, bytes[position] == byte else { throw failure("expected \(what)") }
        position += 1
    }

    private mutating func skipString() throws(Failure) {
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
            throw failure("expected a key in quotes")
        }
        position += 1
        while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
            position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard position < bytes.count else { throw failure("a string without an end") }
        position += 1
    }

    /// A number, `true`, `false` or `null`.
    private mutating func skipWord() {
        let ends = Array(" \n\r\t,:{}[]\"".utf8)
        while position < bytes.count, !ends.contains(bytes[position]) { position += 1 }
    }

    private func failure(_ message: String) -> Failure {
        Failure(offset: min(position, bytes.count), message: message)
    }
}
