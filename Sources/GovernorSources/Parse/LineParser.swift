import GovernorCore

/// One line of a file without its newline, or the part of one between NUL bytes.
struct SourceLine {
    /// Good until the next line is read.
    var bytes: UnsafeRawBufferPointer
    var file: String
    /// Bytes from the start of the file to the line.
    var offset: Int64

    var place: UsageRecord.RawReference { UsageRecord.RawReference(file: file, offset: offset) }
}

/// What a parser is told of the file beside its lines.
struct LineContext {
    /// Where timestamps without a zone were written.
    var zone: Zone
    /// When the content last changed, for lines that name no time; nil when the file is gone already.
    var modified: Timestamp?
    /// Whether the lines come from the file's first byte on.
    var isStart: Bool
}

/// Reads usage out of the lines of one file, in their order.
///
/// What a line means may depend on the lines before it. A parser that needs to know keeps it in `state`, which is stored
/// with the file's cursor in the transaction of the records; the next read makes a parser of it and goes on. A file that
/// is read again from its start begins without any, and gives the same records under the same identities.
protocol LineParser {
    /// - Parameter state: what the parser of the lines before left; nil at the start of a file, and where it left nothing.
    /// - Returns: nil when the state makes no sense: the file is then read from its start.
    init?(state: String?, context: LineContext)

    /// What the parser of the lines to come has to know; nil where each line speaks for itself. Never longer than
    /// `ParserState.limit`.
    var state: String? { get }

    /// Where the records come from, as far as the lines have shown.
    var source: SourceKind { get }

    /// A glance at a line or a part of one. Most lines hold conversation, and are passed over here at the speed of memory.
    func mayMatter(_ line: UnsafeRawBufferPointer) -> Bool

    /// Takes a line that may matter: a record more, or a copy of the last one's call that the last one takes in.
    /// - Throws: when it holds usage that can't be booked.
    mutating func read(_ line: SourceLine, into records: inout [UsageRecord]) throws(LineProblem)
}

/// What parsers write into `FileCursor.state`, and how they read it again.
enum ParserState {
    /// Bytes a state may have: it is stored with every batch, so it holds the sums of a file and not its content.
    static let limit = 32 << 10
    /// Bytes of a folder's path that are kept; Linux knows none longer.
    static let folderLimit = 4096

    /// The members of a stored state; nil when it is none.
    static func object(_ text: String) -> JSON? {
        // A state that can't be read is as good as none: the file is read from its start, which adds nothing twice.
        guard text.utf8.count <= limit, let json = try? JSONReader.read(text.utf8), json.members != nil else {
            return nil
        }
        return json
    }

    static func text(_ body: (inout JSONWriter) -> Void) -> String {
        var json = JSONWriter()
        json.object(body)
        return json.text
    }

    /// The path, when it is short enough to be kept. Control characters, which are written as six bytes each, are none
    /// of a folder anybody works in.
    static func folder(_ path: String?) -> String? {
        guard let path, path.utf8.count <= folderLimit, path.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            return nil
        }
        return path
    }
}
