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

    /// Whether the text, of at least two bytes, is in there. Inlined, so that each text is looked for by its own code.
    @inline(__always)
    static func contains(_ text: StaticString, in bytes: UnsafeRawBufferPointer) -> Bool {
        typealias Lanes = SIMD32<UInt8>
        let length = text.utf8CodeUnitCount
        guard length > 1, bytes.count >= length, let base = bytes.baseAddress else { return false }
        let first = Lanes(repeating: text.utf8Start[0])
        let second = Lanes(repeating: text.utf8Start[1])
        var at = 0
        // Two of its bytes are compared in 32 places at once; the rare hit is then looked at in full.
        while at + length - 1 + Lanes.scalarCount <= bytes.count {
            let opens = bytes.loadUnaligned(fromByteOffset: at, as: Lanes.self) .== first
            let goesOn = bytes.loadUnaligned(fromByteOffset: at + 1, as: Lanes.self) .== second
            let hits = unsafeBitCast(opens .& goesOn, to: SIMD4<UInt64>.self)
            if hits[0] | hits[1] | hits[2] | hits[3] != 0, isThere(text, at: hits, behind: base + at) { return true }
            at += Lanes.scalarCount
        }
        while at + length <= bytes.count {
            if memcmp(base + at, text.utf8Start, length) == 0 { return true }
            at += 1
        }
        return false
    }

    /// Whether the text begins at one of 32 places; a byte of each is set where it may.
    @inline(never)
    private static func isThere(_ text: StaticString, at hits: SIMD4<UInt64>, behind base: UnsafeRawPointer) -> Bool {
        for eighth in 0..<4 {
            var rest = UInt64(littleEndian: hits[eighth])
            while rest != 0 {
                let place = rest.trailingZeroBitCount / 8
                if memcmp(base + eighth * 8 + place, text.utf8Start, text.utf8CodeUnitCount) == 0 { return true }
                rest &= ~(0xFF << UInt64(place * 8))
            }
        }
        return false
    }

    /// Whether `"usage"`, quotes included, is in there. Inside a JSON string its quotes would be escaped, so this finds
    /// keys (and the rare string value), not text about usage.
    static func containsUsageKey(_ bytes: UnsafeRawBufferPointer) -> Bool { contains("\"usage\"", in: bytes) }
}
