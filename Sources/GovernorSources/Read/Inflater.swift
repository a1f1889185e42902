import CZlib

/// Inflates gzip (RFC 1952; several members one after another too) and zlib (RFC 1950) as it comes, in a few tens of
/// kilobytes of memory whatever its size.
///
/// ```
/// var inflater = Inflater(limit: 64 << 20)
/// try inflater.take(chunk) { piece in … }
/// try inflater.finish()
/// ```
package struct Inflater: ~Copyable {
    /// Why bytes can't be inflated.
    package enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// They are no gzip, or were damaged; at which byte of the input, about, and zlib's words.
        case damaged(at: Int64, cause: String)
        /// They end inside a member.
        case cut(at: Int64)
        /// They inflate to more than was allowed.
        case tooLarge(limit: Int64)

        package var description: String {
            switch self {
            case .damaged(let at, let cause):
                "the compressed data is damaged near byte \(at): \(cause); compress or copy the file again"
            case .cut(let at): "the compressed data ends in its middle, at byte \(at); copy the file again"
            case .tooLarge(let limit): "the compressed data inflates to more than \(limit) bytes; send it in parts"
            }
        }
    }

    /// Bytes given out at once.
    private static let pieceSize = 64 << 10
    /// The largest window there is, and a header of either kind.
    private static let windowBits: Int32 = 15 + 32

    /// Compressed bytes taken so far.
    package private(set) var taken: Int64 = 0
    /// Inflated bytes given out so far.
    package private(set) var given: Int64 = 0

    private let limit: Int64
    /// In one place for good: zlib's state points back at it.
    private let stream: UnsafeMutablePointer<z_stream>
    private let piece: UnsafeMutableRawBufferPointer
    private var isReady = false
    /// Whether the bytes so far end with a member's end.
    private var isBetweenMembers = true
    private var hadMember = false
    private var failure: Failure?

    /// - Parameter limit: inflated bytes at most; one more is a failure.
    package init(limit: Int64) {
        self.limit = limit
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        piece = .allocate(byteCount: Self.pieceSize, alignment: 16)
        isReady =
            inflateInit2_(stream, Self.windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    }

    deinit {
        if isReady { inflateEnd(stream) }
        stream.deallocate()
        piece.deallocate()
    }

    /// Whether bytes begin as gzip does.
    /// - Parameter head: the first two bytes, or more.
    package static func isGzip(_ head: some Collection<UInt8>) -> Bool { head.starts(with: [0x1F, 0x8B]) }

    /// Inflates bytes and gives what they hold, piece by piece; a piece is good during its call.
    ///
    /// After a failure every further call fails the same way.
    package mutating func take(
        _ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(Failure) {
        if let failure { throw failure }
        do throws(Failure) { try inflateAll(bytes, body) } catch {
            failure = error
            throw error
        }
    }

    /// Says that nothing more comes.
    /// - Throws: when the bytes ended inside a member, or there were none.
    package mutating func finish() throws(Failure) {
        if let failure { throw failure }
        guard isBetweenMembers, hadMember else { throw .cut(at: taken) }
    }

    /// The whole of a compressed text at once.
    package static func inflate(_ bytes: UnsafeRawBufferPointer, limit: Int64) throws(Failure) -> [UInt8] {
        var inflater = Inflater(limit: limit)
        var result: [UInt8] = []
        try inflater.take(bytes) { result.append(contentsOf: $0) }
        try inflater.finish()
        return result
    }

    /// Whether bytes that were taken have more to give than the last step gave.
    package private(set) var hasMore = false

    /// Inflates some of the bytes, for who can't take all that they hold at once: a kilobyte may hold a megabyte.
    ///
    /// - Parameter body: is called at most once, with at most 64 KiB.
    /// - Returns: how many of the bytes were used. The rest, or nothing while `hasMore`, is for the next step.
    package mutating func step(
        _ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(Failure) -> Int {
        if let failure { throw failure }
        do throws(Failure) { return try inflateSome(bytes, body) } catch {
            failure = error
            throw error
        }
    }

    private mutating func inflateAll(
        _ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(Failure) {
        var start = 0
        while start < bytes.count || hasMore {
            start += try inflateSome(UnsafeRawBufferPointer(rebasing: bytes[start...]), body)
        }
    }

    private mutating func inflateSome(
        _ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(Failure) -> Int {
        guard isReady else { throw .damaged(at: 0, cause: "zlib could not start; memory may be short") }
        // What pads a file to a block's end (tapes, some file systems) belongs to no member.
        if isBetweenMembers, hadMember, !bytes.isEmpty, bytes[0] == 0 {
            let padding = bytes.prefix { $0 == 0 }.count
            taken += Int64(padding)
            return padding
        }
        guard !bytes.isEmpty || hasMore else { return 0 }
        isBetweenMembers = false
        // zlib counts in 32 bits; and it only reads from there, its interface is older than const.
        let part = UnsafeRawBufferPointer(rebasing: bytes.prefix(1 << 30))
        stream.pointee.next_in = UnsafeMutablePointer(mutating: part.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(part.count)
        stream.pointee.next_out = piece.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = UInt32(piece.count)
        let code = CZlib.inflate(stream, Z_NO_FLUSH)
        let used = part.count - Int(stream.pointee.avail_in)
        taken += Int64(used)
        // Z_BUF_ERROR says that nothing could be done with what there is, which is no fault.
        guard code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR else {
            throw .damaged(at: taken, cause: stream.pointee.msg.map { String(cString: $0) } ?? "zlib error \(code)")
        }
        let count = piece.count - Int(stream.pointee.avail_out)
        hasMore = code != Z_STREAM_END && stream.pointee.avail_out == 0
        given += Int64(count)
        guard given <= limit else { throw .tooLarge(limit: limit) }
        if count > 0 { body(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(piece)[..<count])) }
        if code == Z_STREAM_END {
            guard inflateReset2(stream, Self.windowBits) == Z_OK else {
                throw .damaged(at: taken, cause: "zlib could not go on to the next member")
            }
            isBetweenMembers = true
            hadMember = true
        }
        return used
    }
}
