/// What is remembered of a file's content up to the cursor: its first bytes, and the last ones before the cursor.
///
/// The last ones catch a file that was cut and grew again past the cursor between two reads, which its first bytes
/// alone do not. Both are taken from what was read, not from the file as it is afterwards: a file that changes while it
/// is read gets a fingerprint that will not match, and is read again.
struct Fingerprint: Sendable {
    static let headLimit: Int64 = 1024
    static let tailLimit: Int64 = 256

    private(set) var head: [UInt8] = []
    private var tail: [UInt8] = []

    /// Of a file of which nothing was read.
    init() {}

    /// Of a file that was read up to `offset`, from the file as it is now; nil when it is shorter than that.
    init?(of file: borrowing OpenFile, headLength: Int64, offset: Int64) throws(SourceError) {
        head = try file.bytes(0..<headLength)
        tail = try file.bytes(max(0, offset - Self.tailLimit)..<offset)
        guard head.count == headLength, tail.count == min(offset, Self.tailLimit) else { return nil }
    }

    /// Takes in the bytes that follow.
    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        let missing = Int(Self.headLimit) - head.count
        if missing > 0 { head.append(contentsOf: bytes.prefix(missing)) }
        let limit = Int(Self.tailLimit)
        if bytes.count >= limit {
            tail = Array(bytes.suffix(limit))
        } else {
            tail.removeFirst(max(0, tail.count + bytes.count - limit))
            tail.append(contentsOf: bytes)
        }
    }

    /// 64-bit FNV-1a over head and tail, the hash of Core's `StableHash`.
    var hash: UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in head { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        for byte in tail { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return hash
    }
}
