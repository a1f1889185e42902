/// Cuts a CSV text that comes in pieces into its rows (RFC 4180): cells in quotes may hold newlines, doubled quotes and
/// separators; a line ends with LF or CR LF.
///
/// Where a quote is never closed, or something follows a closing one, the line at fault is reported and reading goes on at
/// the next, so that one bad line doesn't take the rest of the file with it.
struct CSVSplitter: Splitting {
    private enum State {
        case cellStart, plain, quoted, quoteInQuoted
        /// In the rest of a line that was given up.
        case dropping
    }

    private let separator: UInt8
    private let limit: Int
    /// The row in hand, as far as it came.
    private var row: [UInt8] = []
    private var state = State.cellStart
    /// Where the row in hand begins.
    private var start: ImportPlace
    /// Newlines inside the row in hand.
    private var newlines: Int64 = 0
    /// What is to be read anew, before anything else.
    private var again: [UInt8] = []
    /// Bytes that may still be read anew: a text made of nothing but open quotes must not cost its square.
    private var patience: Int

    /// - Parameters:
    ///   - limit: bytes a row may have.
    ///   - offset: bytes of the file before the first piece.
    init(separator: UInt8, limit: Int, offset: Int64 = 0) {
        self.separator = separator
        self.limit = limit
        start = ImportPlace(line: 1, offset: offset, number: 1)
        patience = 4 * limit
    }

    /// The separator that a header uses: the one of `,`, `;` and tab that is there most often, outside of quotes.
    static func separator(ofHeader line: some Collection<UInt8>) -> UInt8 {
        var counts: [UInt8: Int] = [:]
        var isQuoted = false
        for byte in line {
            if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
            if !isQuoted { counts[byte, default: 0] += 1 }
        }
        let others = [UInt8(ascii: ";"), UInt8(ascii: "\t")]
        return others.reduce(UInt8(ascii: ",")) { counts[$1, default: 0] > counts[$0, default: 0] ? $1 : $0 }
    }

    mutating func take(_ piece: UnsafeRawBufferPointer, _ body: (ImportCut) -> Void) {
        patience = min(patience + piece.count, 1 << 40)
        run(piece, body)
    }

    mutating func finish(_ body: (ImportCut) -> Void) {
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        while state == .quoted {
            giveUp("a quote in it is never closed", body)
            run(nothing, body)
        }
        if !row.isEmpty { endRow(body) }
    }

    private mutating func run(_ piece: UnsafeRawBufferPointer, _ body: (ImportCut) -> Void) {
        var index = 0
        while true {
            if !again.isEmpty {
                let bytes = again
                again = []
                let used = bytes.withUnsafeBytes { pass($0, body) }
                guard used < bytes.count else { continue }
                patience -= bytes.count - used
                again.append(contentsOf: bytes[used...])
            } else if index < piece.count {
                index += pass(UnsafeRawBufferPointer(rebasing: piece[index...]), body)
            } else {
                return
            }
        }
    }

    /// Reads on, up to the end or to where a line was given up.
    /// - Returns: how many bytes were read.
    private mutating func pass(_ piece: UnsafeRawBufferPointer, _ body: (ImportCut) -> Void) -> Int {
        /// What is before it was kept.
        var from = 0
        for index in 0..<piece.count {
            let byte = piece[index]
            switch state {
            case .dropping:
                guard byte == 0x0A else { continue }
                start.offset += Int64(index + 1 - from)
                start.line += 1
                from = index + 1
                state = .cellStart
            case .quoted:
                if byte == UInt8(ascii: "\"") { state = .quoteInQuoted }
                if byte == 0x0A { newlines += 1 }
            case .quoteInQuoted where byte == UInt8(ascii: "\""): state = .quoted
            case .quoteInQuoted where byte != separator && byte != 0x0A && byte != 0x0D:
                row.append(contentsOf: piece[from...index])
                giveUp("something follows a closing quote; quotes inside a cell are doubled", body)
                return index + 1
            default:
                if byte == 0x0A {
                    row.append(contentsOf: piece[from...index])
                    from = index + 1
                    endRow(body)
                } else if byte == UInt8(ascii: "\""), state == .cellStart {
                    state = .quoted
                } else if byte == separator {
                    state = .cellStart
                } else if state == .cellStart {
                    state = .plain
                }
            }
        }
        if state == .dropping {
            start.offset += Int64(piece.count - from)
        } else {
            row.append(contentsOf: piece[from...])
        }
        if row.count > limit { giveUp("longer than \(limit) bytes, or a quote in it is never closed", body) }
        return piece.count
    }

    private mutating func endRow(_ body: (ImportCut) -> Void) {
        start.offset += Int64(row.count)
        var here = start
        here.offset -= Int64(row.count)
        start.line += newlines + (row.last == 0x0A ? 1 : 0)
        while let last = row.last, last == 0x0A || last == 0x0D { row.removeLast() }
        if row.count > limit {
            let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
            body(ImportCut(bytes: nothing, place: here, problem: "longer than \(limit) bytes; it was skipped"))
            start.number += 1
        } else if !row.isEmpty {
            row.withUnsafeBytes { body(ImportCut(bytes: $0, place: here)) }
            start.number += 1
        }
        begin(.cellStart)
    }

    private mutating func begin(_ state: State) {
        if row.capacity > 1 << 20 { row = [] } else { row.removeAll(keepingCapacity: true) }
        newlines = 0
        self.state = state
    }

    /// Reports the first line of the row in hand; what came behind it is read anew.
    private mutating func giveUp(_ reason: String, _ body: (ImportCut) -> Void) {
        body(ImportCut(bytes: UnsafeRawBufferPointer(start: nil, count: 0), place: start, problem: reason))
        start.number += 1
        if let newline = row.firstIndex(of: 0x0A), patience >= row.count {
            patience -= row.count
            start.offset += Int64(newline + 1)
            start.line += 1
            again = Array(row[(newline + 1)...])
            begin(.cellStart)
        } else {
            start.offset += Int64(row.count)
            start.line += newlines
            begin(.dropping)
        }
    }
}
