/// A hash that is the same in every process and release: 64-bit FNV-1a. For names and look-ups, not for secrets; what it
/// finds is always compared in full.
package struct StableHash: Sendable {
    package private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    package init() {}

    /// Takes a text in, and that it ends here.
    package mutating func combine(_ text: String) {
        add(text)
        add(0x1F)
    }

    private mutating func add(_ text: String) {
        var text = text
        text.withUTF8 { for byte in $0 { add(byte) } }
    }

    private mutating func add(_ byte: UInt8) {
        value ^= UInt64(byte)
        value = value &* 0x100_0000_01b3
    }

    package static func value(_ text: String) -> UInt64 {
        var hash = StableHash()
        hash.add(text)
        return hash.value
    }

    /// Sixteen hex digits.
    package static func hex(_ text: String) -> String {
        let digits = String(value(text), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
