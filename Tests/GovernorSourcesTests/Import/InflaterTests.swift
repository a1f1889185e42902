import GovernorSources
import Testing

@Suite struct InflaterTests {
    /// `printf 'hello, world\n' | gzip -n`
    private static let hello: [UInt8] = [
        0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0xCB, 0x48, 0xCD, 0xC9, 0xC9, 0xD7, 0x51, 0x28,
        0xCF,
        0x2F, 0xCA, 0x49, 0xE1, 0x02, 0x00, 0x53, 0x74, 0x24, 0xF4, 0x0D, 0x00, 0x00, 0x00,
    ]
    private static let text = Array("hello, world\n".utf8)

    private static func inflate(
        _ bytes: [UInt8], cut size: Int, limit: Int64 = 1 << 20
    ) throws(Inflater.Failure) -> [UInt8] {
        var inflater = Inflater(limit: limit)
        var result: [UInt8] = []
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start + size)
            let outcome = bytes[start..<end].withUnsafeBytes { part in
                Result { () throws(Inflater.Failure) in try inflater.take(part) { result.append(contentsOf: $0) } }
            }
            try outcome.get()
            start = end
        }
        try inflater.finish()
        return result
    }

    @Test(arguments: [1, 2, 7, 100]) func `members one after another are one text, however they are cut`(
        size: Int
    ) throws {
        #expect(try Self.inflate(Self.hello, cut: size) == Self.text)
        #expect(try Self.inflate(Self.hello + Self.hello + Self.hello, cut: size) == Self.text + Self.text + Self.text)
        #expect(try Self.inflate(Self.hello + [0, 0, 0], cut: size) == Self.text)
    }

    @Test func `what is damaged, cut or too large is refused, and stays refused`() throws {
        var damaged = Self.hello
        damaged[26] ^= 0x55
        #expect(throws: Inflater.Failure.damaged(at: 29, cause: "incorrect data check")) {
            try Self.inflate(damaged, cut: 100)
        }
        #expect(throws: Inflater.Failure.cut(at: 20)) { try Self.inflate(Array(Self.hello[..<20]), cut: 100) }
        #expect(throws: Inflater.Failure.cut(at: 0)) { try Self.inflate([], cut: 1) }
        #expect(throws: Inflater.Failure.tooLarge(limit: 12)) { try Self.inflate(Self.hello, cut: 1, limit: 12) }
        #expect(try Self.inflate(Self.hello, cut: 1, limit: 13) == Self.text)
        #expect(throws: Inflater.Failure.damaged(at: 35, cause: "incorrect header check")) {
            try Self.inflate(Self.hello + Array("no".utf8), cut: 100)
        }

        var inflater = Inflater(limit: 5)
        let bytes = Self.hello
        for _ in 0..<2 {
            let outcome = bytes.withUnsafeBytes { part in
                Result { () throws(Inflater.Failure) in try inflater.take(part) { _ in } }
            }
            #expect(throws: Inflater.Failure.tooLarge(limit: 5)) { try outcome.get() }
        }
    }

    @Test func `gzip is told by its first bytes`() {
        #expect(Inflater.isGzip(Self.hello))
        #expect(!Inflater.isGzip([0x1F]) && !Inflater.isGzip(Self.text))
    }
}
