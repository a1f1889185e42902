import Glibc

/// Looks for bytes in bytes, many at a time: most of a transcript is passed over and never looked at otherwise.
enum ByteSearch {
    /// The offset of the first such byte at or after `start`.
    static func first(_ byte: UInt8, in bytes: UnsafeRawBufferPointer, from start: Int = 0) -> Int? {
        guard start < bytes.count, let base = bytes.baseAddress,
            let hit = memchr(base + start, Int32(byte), bytes.count - start)
        else { return nil }
        return UnsafeRawPointer(hit) - base
    }

    /// Whether the text, of at least two bytes, is in there.
    static func contains(_ text: StaticString, in bytes: UnsafeRawBufferPointer) -> Bool {
        typealias Lanes = SIMD32<UInt8>
        let length = text.utf8CodeUnitCount
        guard length > 1, bytes.count >= length, let base = bytes.baseAddress else { return false }
        let first = Lanes(repeating: text.utf8Start[0])
        let second = Lanes(repeating: text.utf8Start[1])
        let last = Lanes(repeating: text.utf8Start[length - 1])
        var at = 0
        // Three of its bytes are compared in 32 places at once; the rare hit is then looked at in full.
        while at + length - 1 + Lanes.scalarCount <= bytes.count {
            let opens = bytes.loadUnaligned(fromByteOffset: at, as: Lanes.self) .== first
            let goesOn = bytes.loadUnaligned(fromByteOffset: at + 1, as: Lanes.self) .== second
            let closes = bytes.loadUnaligned(fromByteOffset: at + length - 1, as: Lanes.self) .== last
            let hits = unsafeBitCast(opens .& goesOn .& closes, to: SIMD4<UInt64>.self)
            if hits[0] | hits[1] | hits[2] | hits[3] != 0,
                (at..<at + Lanes.scalarCount).contains(where: { memcmp(base + $0, text.utf8Start, length) == 0 })
            {
                return true
            }
            at += Lanes.scalarCount
        }
        while at + length <= bytes.count {
            if memcmp(base + at, text.utf8Start, length) == 0 { return true }
            at += 1
        }
        return false
    }

    /// Whether `"usage"`, quotes included, is in there. Inside a JSON string its quotes would be escaped, so this finds
    /// keys (and the rare string value), not text about usage.
    static func containsUsageKey(_ bytes: UnsafeRawBufferPointer) -> Bool {
        typealias Lanes = SIMD32<UInt8>
        let quote = Lanes(repeating: UInt8(ascii: "\""))
        let second = Lanes(repeating: UInt8(ascii: "u"))
        let length = 7
        var at = 0
        // Three of the seven bytes are compared in 32 places at once; the rare hit is then looked at in full.
        while at + length - 1 + Lanes.scalarCount <= bytes.count {
            let opens = bytes.loadUnaligned(fromByteOffset: at, as: Lanes.self) .== quote
            let closes = bytes.loadUnaligned(fromByteOffset: at + 6, as: Lanes.self) .== quote
            let begins = bytes.loadUnaligned(fromByteOffset: at + 1, as: Lanes.self) .== second
            let hits = unsafeBitCast(opens .& closes .& begins, to: SIMD4<UInt64>.self)
            if hits[0] | hits[1] | hits[2] | hits[3] != 0,
                (at..<at + Lanes.scalarCount).contains(where: { isUsageKey(bytes, $0) })
            {
                return true
            }
            at += Lanes.scalarCount
        }
        while at + length <= bytes.count {
            if isUsageKey(bytes, at) { return true }
            at += 1
        }
        return false
    }

    private static func isUsageKey(_ bytes: UnsafeRawBufferPointer, _ at: Int) -> Bool {
        bytes[at] == UInt8(ascii: "\"") && bytes[at + 1] == UInt8(ascii: "u") && bytes[at + 2] == UInt8(ascii: "s")
            && bytes[at + 3] == UInt8(ascii: "a") && bytes[at + 4] == UInt8(ascii: "g")
            && bytes[at + 5] == UInt8(ascii: "e") && bytes[at + 6] == UInt8(ascii: "\"")
    }
}
