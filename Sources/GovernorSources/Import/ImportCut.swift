/// Where in a file something stands, as people find it again.
package struct ImportPlace: Hashable, Sendable {
    /// From 1.
    package var line: Int64
    /// Bytes from the start of the (inflated) file.
    package var offset: Int64
    /// The row or element, from 1.
    package var number: Int64
}

/// One row, element or line that was cut out of a file. Its bytes are good during the call that hands it over.
struct ImportCut {
    var bytes: UnsafeRawBufferPointer
    var place: ImportPlace
    /// Why it is none, in words; then its bytes are empty.
    var problem: String?
}

/// Cuts a text that comes in pieces of any size.
protocol Splitting {
    /// Takes the next piece and hands over what is complete with it.
    mutating func take(_ piece: UnsafeRawBufferPointer, _ body: (ImportCut) -> Void)
    /// Says that nothing more comes, and hands over the rest.
    mutating func finish(_ body: (ImportCut) -> Void)
}

/// The bytes of an element that is still coming: those of earlier pieces, as long as there are not too many.
struct ElementBytes {
    /// Longer ones are counted, reported and not kept.
    let limit: Int
    private var kept: [UInt8] = []
    private var count = 0

    init(limit: Int) { self.limit = limit }

    var isTooLong: Bool { count > limit }

    /// Keeps a part for later.
    mutating func append(_ part: UnsafeRawBufferPointer) {
        count += part.count
        if isTooLong {
            kept = []
        } else {
            kept.append(contentsOf: part)
        }
    }

    mutating func clear() {
        // What a huge element took is given back.
        if kept.capacity > 1 << 20 { kept = [] } else { kept.removeAll(keepingCapacity: true) }
        count = 0
    }

    /// Hands out the whole element, with its last part, and forgets it.
    mutating func finish(
        with part: UnsafeRawBufferPointer, at place: ImportPlace, _ body: (ImportCut) -> Void
    ) {
        if count == 0, part.count <= limit {
            body(ImportCut(bytes: part, place: place))
        } else {
            append(part)
            if isTooLong {
                let reason = "longer than \(limit) bytes; it was skipped"
                body(ImportCut(bytes: UnsafeRawBufferPointer(start: nil, count: 0), place: place, problem: reason))
            } else {
                kept.withUnsafeBytes { body(ImportCut(bytes: $0, place: place)) }
            }
        }
        clear()
    }
}
