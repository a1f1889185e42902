/// Cuts a text that comes in pieces into its lines, without their ends; empty ones are passed over.
struct LineSplitter: Splitting {
    private var element: ElementBytes
    private var place: ImportPlace
    private var start: ImportPlace

    /// - Parameter offset: bytes of the file before the first piece.
    init(limit: Int, offset: Int64) {
        element = ElementBytes(limit: limit)
        place = ImportPlace(line: 1, offset: offset, number: 1)
        start = place
    }

    mutating func take(_ piece: UnsafeRawBufferPointer, _ body: (ImportCut) -> Void) {
        var from = 0
        while let newline = ByteSearch.first(0x0A, in: piece, from: from) {
            finish(UnsafeRawBufferPointer(rebasing: piece[from..<newline]), body)
            place.offset += Int64(newline + 1 - from)
            place.line += 1
            start = place
            from = newline + 1
        }
        element.append(UnsafeRawBufferPointer(rebasing: piece[from...]))
        place.offset += Int64(piece.count - from)
    }

    mutating func finish(_ body: (ImportCut) -> Void) {
        finish(UnsafeRawBufferPointer(start: nil, count: 0), body)
    }

    private mutating func finish(_ part: UnsafeRawBufferPointer, _ body: (ImportCut) -> Void) {
        var isLine = false
        element.finish(with: part, at: start) { cut in
            var cut = cut
            if cut.bytes.last == 0x0D { cut.bytes = UnsafeRawBufferPointer(rebasing: cut.bytes.dropLast()) }
            isLine = cut.problem != nil || !cut.bytes.isEmpty
            if isLine { body(cut) }
        }
        if isLine { place.number += 1 }
    }
}
