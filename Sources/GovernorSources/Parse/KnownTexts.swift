import Glibc

/// Texts that lines lately had under one key. Most of what a line says of itself is what the line before said: such a
/// text is made once, and all its records share it.
struct KnownTexts {
    private var texts: [String] = []
    private var oldest = 0
    private static let capacity = 4

    /// The text of these bytes.
    /// - Parameter plain: printable ASCII, which is the same text wherever it stands.
    mutating func text(_ plain: UnsafeRawBufferPointer) -> String {
        for text in texts where Self.isSame(text, plain) { return text }
        let text = String(decoding: plain, as: UTF8.self)
        if texts.count < Self.capacity {
            texts.append(text)
        } else {
            texts[oldest] = text
            oldest = (oldest + 1) % Self.capacity
        }
        return text
    }

    /// The text that is known of these bytes, whatever they are.
    func known(_ bytes: UnsafeRawBufferPointer) -> String? { texts.first { Self.isSame($0, bytes) } }

    private static func isSame(_ text: String, _ bytes: UnsafeRawBufferPointer) -> Bool {
        guard text.utf8.count == bytes.count, let base = bytes.baseAddress else { return false }
        let difference = text.utf8.withContiguousStorageIfAvailable { known in
            known.baseAddress.map { memcmp($0, base, known.count) } ?? 0
        }
        return difference == 0
    }
}
