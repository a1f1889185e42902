import Foundation

/// A text that is the same as another only when its bytes are, as databases and other programs compare identities.
///
/// `String` calls `é` and `e` with a combining accent equal; an identity that memory holds for one and the ledger for two
/// is counted wrong.
package struct ExactText: Hashable, Sendable {
    package let text: String

    package init(_ text: String) { self.text = text }

    package static func == (left: ExactText, right: ExactText) -> Bool {
        let (mine, its) = (left.text.utf8, right.text.utf8)
        guard mine.count == its.count else { return false }
        let isSame = mine.withContiguousStorageIfAvailable { mine in
            its.withContiguousStorageIfAvailable { its in
                guard let base = mine.baseAddress, let other = its.baseAddress else { return mine.isEmpty }
                return base == other || memcmp(base, other, mine.count) == 0
            }
        }
        return (isSame ?? nil) ?? mine.elementsEqual(its)
    }

    package func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        hasher.combine(UInt8(0xFF))
    }
}
