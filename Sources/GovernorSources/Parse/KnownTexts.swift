import Glibc

/// Texts that lines lately had under one key. Most of what a line says of itself is what the line before said: such a
/// text is read once, all its records share it, and whether two lines say the same is whether two numbers are equal.
struct KnownTexts {
    /// Which text it is. The same number is the same text; 0 is none.
    typealias Number = UInt32

    private struct Known {
        /// The bytes between the quotes, as they stand in the line.
        var written: [UInt8]
        /// Of these bytes.
        var glance: UInt64
        var text: String
        var number: Number
    }

    private var known: [Known] = []
    private var oldest = 0
    private var newest: Number = 0
    private static let capacity = 4

    /// The number of what is written so, which is read only where it is not known from the lines before.
    ///
    /// - Parameters:
    ///   - written: the bytes between the quotes.
    ///   - read: what they say; nil where that is nothing.
    mutating func number(
        of written: UnsafeRawBufferPointer, read: () throws(LineProblem) -> String?
    ) throws(LineProblem) -> Number {
        let glance = Self.glance(written)
        // By place: going through the values would hold each one's texts and let go of them, for every line.
        for place in known.indices where known[place].glance == glance {
            if Self.isSame(known[place].written, written) { return known[place].number }
        }
        guard let text = try read() else { return 0 }
        newest &+= 1
        let new = Known(written: Array(written), glance: glance, text: text, number: newest)
        if known.count < Self.capacity {
            known.append(new)
        } else {
            known[oldest] = new
            oldest = (oldest + 1) % Self.capacity
        }
        return newest
    }

    /// The text of a number that was just given.
    func text(_ number: Number) -> String? {
        for place in known.indices where known[place].number == number { return known[place].text }
        return nil
    }

    /// Of a text's length and its last eight bytes, in which most texts that differ do.
    private static func glance(_ written: UnsafeRawBufferPointer) -> UInt64 {
        let length = UInt64(truncatingIfNeeded: written.count)
        guard written.count >= 8 else { return length }
        return written.loadUnaligned(fromByteOffset: written.count - 8, as: UInt64.self) &+ length
    }

    private static func isSame(_ known: [UInt8], _ written: UnsafeRawBufferPointer) -> Bool {
        guard known.count == written.count, let base = written.baseAddress else { return false }
        return known.withUnsafeBytes { memcmp($0.baseAddress ?? base, base, written.count) == 0 }
    }
}
