/// Cuts the elements out of JSON that comes in pieces, so that a list of any length takes the memory of one element.
///
/// The text is one list, an object that holds the list (`{"data":[…],"has_more":false}`), one object, or objects one
/// after another, a line each or not. Only quotes and brackets are followed here; whoever reads an element says what is
/// wrong inside it. Where each line is an object, a line that breaks costs that line alone.
struct JSONSplitter: Splitting {
    /// The keys of an object under which a list of rows may stand (`contract/usage.md`, format 5).
    static let listKeys = ["data", "items", "logs", "records", "results", "usage"].map { Array($0.utf8) }

    private static let longestKey = 7

    /// What stands around an element.
    private enum Surroundings { case nothing, list, listOfObject }

    private enum Mode {
        case between
        case element
        /// In the object that holds the list of rows, beside that list.
        case wrapper
    }

    private var element: ElementBytes
    /// Where the piece in hand begins; its number is the next element's.
    private var place: ImportPlace
    /// Where the element in hand began.
    private var start: ImportPlace
    private var around = Surroundings.nothing
    private var mode = Mode.between
    /// Brackets that are open inside the element or the wrapper.
    private var depth = 0
    private var isInString = false
    private var isEscaped = false
    /// The element is a number or a word, which only what follows ends.
    private var isScalar = false
    /// Whether each line is a value of its own; nil until a newline tells.
    private var isLines: Bool?
    /// The last byte that was no white space, and whether a newline came since.
    private var last: UInt8 = 0
    private var isAtLineStart = true

    // Of an object that may hold the rows:
    private var key: [UInt8] = []
    private var keyIsForList = false
    /// A list was opened under such a key, and its first byte is to come.
    private var mayBeList = false

    /// - Parameters:
    ///   - limit: bytes an element may have; longer ones are skipped and reported.
    ///   - offset: bytes of the file before the first piece.
    init(limit: Int, offset: Int64 = 0) {
        element = ElementBytes(limit: limit)
        place = ImportPlace(line: 1, offset: offset, number: 1)
        start = place
    }

    mutating func take(_ piece: UnsafeRawBufferPointer, _ body: (ImportCut) -> Void) {
        /// Where the part of the element in hand begins that lies in this piece.
        var from = 0
        var index = 0
        while index < piece.count {
            if isInString {
                string(piece, &index, &from, body)
            } else {
                step(piece, index, &from, body)
                index += 1
            }
        }
        if mode == .element { element.append(UnsafeRawBufferPointer(rebasing: piece[from...])) }
        place.offset += Int64(piece.count)
    }

    /// Says that nothing more comes.
    mutating func finish(_ body: (ImportCut) -> Void) {
        if mode == .element, isScalar {
            close(UnsafeRawBufferPointer(start: nil, count: 0), body)
        } else if mode == .element {
            refuse("the file ends inside it; it was cut, or a bracket or a quote is missing", body)
        }
        guard around != .nothing || mode == .wrapper else { return }
        start = place
        refuse("the file ends before its list does; it may be cut", body)
    }

    // MARK: Strings

    /// Steps over a string as far as the piece goes.
    private mutating func string(
        _ piece: UnsafeRawBufferPointer, _ index: inout Int, _ from: inout Int, _ body: (ImportCut) -> Void
    ) {
        while index < piece.count {
            let byte = piece[index]
            index += 1
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isInString = false
                last = byte
                if mode == .element, depth == 0 {
                    close(UnsafeRawBufferPointer(rebasing: piece[from..<index]), body)
                }
                return
            } else if byte == 0x0A {
                place.line += 1
                // No JSON has a newline in a string. Among lines that are an object each, this one broke off; elsewhere it
                // is the element's own fault, and found when it is read.
                if isLines == true || (isLines == nil && around == .nothing) {
                    isLines = true
                    breakOff("the line ends inside a string", body)
                    return
                }
            }
            if key.count <= Self.longestKey { key.append(byte) }
        }
    }

    // MARK: Between strings

    private mutating func step(
        _ piece: UnsafeRawBufferPointer, _ index: Int, _ from: inout Int, _ body: (ImportCut) -> Void
    ) {
        let byte = piece[index]
        if isScalar, Self.endsScalar(byte) {
            close(UnsafeRawBufferPointer(rebasing: piece[from..<index]), body)
        }
        switch byte {
        case 0x0A: return newline(body)
        case 0x20, 0x09, 0x0D: return
        case UInt8(ascii: "{") where isBrokenBefore:
            if around == .nothing { isLines = true }
            refuse("it ends before its brackets do", body)
        default: break
        }
        if mayBeList {
            mayBeList = false
            if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "]") { enterList() }
        }
        if mode == .between {
            between(byte, index, &from)
            if mode == .between || mode == .wrapper { return settle(byte) }
        }
        within(byte)
        if mode == .element, depth <= 0, !isScalar, !isInString {
            close(UnsafeRawBufferPointer(rebasing: piece[from...index]), body)
        } else if mode == .wrapper, depth <= 0 {
            mode = .between
        }
        settle(byte)
    }

    private mutating func settle(_ byte: UInt8) {
        last = byte
        isAtLineStart = false
    }

    private static func endsScalar(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"), 0x20, 0x0A, 0x0D, 0x09: true
        default: false
        }
    }

    /// A byte between elements: of the list around them, or the first of one.
    private mutating func between(_ byte: UInt8, _ index: Int, _ from: inout Int) {
        switch (byte, around) {
        case (UInt8(ascii: ","), _): break
        case (UInt8(ascii: "["), .nothing): around = .list
        case (UInt8(ascii: "]"), .list): around = .nothing
        case (UInt8(ascii: "]"), .listOfObject):
            around = .nothing
            mode = .wrapper
            depth = 1
            keyIsForList = false
        default:
            mode = .element
            depth = 0
            start = ImportPlace(line: place.line, offset: place.offset + Int64(index), number: place.number)
            from = index
        }
    }

    /// A byte of an element or of the object around the list.
    private mutating func within(_ byte: UInt8) {
        let mayHoldList = depth == 1 && (mode == .wrapper || around == .nothing)
        switch byte {
        case UInt8(ascii: "\""):
            isInString = true
            key = []
            // Only such keys are looked at; any other is as good as too long.
            if !mayHoldList { key = Self.unknownKey }
        case UInt8(ascii: "{"): depth += 1
        case UInt8(ascii: "["):
            mayBeList = mayHoldList && keyIsForList
            depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
        case UInt8(ascii: ":"): if mayHoldList { keyIsForList = Self.listKeys.contains(key) }
        case UInt8(ascii: ","): if mayHoldList { keyIsForList = false }
        default: if depth == 0 { isScalar = true }
        }
    }

    private static let unknownKey = [UInt8](repeating: 0, count: longestKey + 1)

    /// The object in hand holds the rows, and is none itself.
    private mutating func enterList() {
        element.clear()
        around = .listOfObject
        mode = .between
        depth = 0
    }

    /// An object that begins a line where no value can stand: what came before was cut off. A value follows a colon, a
    /// comma or an opening bracket, and in an object no object follows a comma.
    private var isBrokenBefore: Bool {
        guard isAtLineStart, mode == .element, depth > 0 else { return false }
        switch last {
        case UInt8(ascii: ":"), UInt8(ascii: "["): return false
        case UInt8(ascii: ","): return depth == 1
        default: return true
        }
    }

    private mutating func newline(_ body: (ImportCut) -> Void) {
        place.line += 1
        isAtLineStart = true
        let isBetweenValues = mode == .between && around == .nothing
        if isLines == true, !isBetweenValues {
            breakOff("the line ends before its brackets do", body)
        } else if isLines == nil, last != 0 {
            isLines = isBetweenValues
        }
    }

    // MARK: Ends

    private mutating func close(_ part: UnsafeRawBufferPointer, _ body: (ImportCut) -> Void) {
        element.finish(with: part, at: start, body)
        place.number += 1
        mode = .between
        isScalar = false
    }

    /// Reports the element in hand, or the list around it, and forgets what was read of it.
    private mutating func refuse(_ reason: String, _ body: (ImportCut) -> Void) {
        body(ImportCut(bytes: UnsafeRawBufferPointer(start: nil, count: 0), place: start, problem: reason))
        element.clear()
        place.number += 1
        mode = .between
        depth = 0
        isScalar = false
        isInString = false
        isEscaped = false
        mayBeList = false
    }

    /// The same, and of the lists around it too: the next line begins afresh.
    private mutating func breakOff(_ reason: String, _ body: (ImportCut) -> Void) {
        if mode != .element { start.line = place.line - 1 }
        refuse(reason, body)
        around = .nothing
    }
}
