import Glibc

/// Which file a descriptor is, whatever its name.
struct FileIdentity: Hashable, Sendable {
    var device: UInt64
    var inode: UInt64
    /// Nanoseconds since 1970; 0 when unknown.
    var birth: Int64

    /// An inode's number is used again; its birth time is not.
    func isSame(device: UInt64, inode: UInt64, birth: Int64) -> Bool {
        self.device == device && self.inode == inode && (self.birth == birth || self.birth == 0 || birth == 0)
    }
}

/// A file open for reading; closed when it goes out of scope.
struct OpenFile: ~Copyable {
    let path: String
    let identity: FileIdentity
    private let descriptor: Int32

    /// Follows symbolic links; never waits, not even for the writer of a named pipe.
    init(path: String) throws(SourceError) {
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SourceError(number: errno, path: path) }
        do throws(SourceError) {
            let status = try FileStatus(descriptor: descriptor, path: path)
            guard status.isFile else { throw SourceError(code: .wrongKind, path: path, cause: "not a file") }
            identity = FileIdentity(
                device: status.device, inode: status.inode, birth: SystemCalls.birth(of: descriptor))
        } catch {
            close(descriptor)
            throw error
        }
        self.path = path
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Bytes in the file right now.
    func size() throws(SourceError) -> Int64 { try FileStatus(descriptor: descriptor, path: path).size }

    /// Reads until the buffer is full or the file ends.
    /// - Returns: how many bytes were read; fewer than asked for only at the end of the file.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(SourceError) -> Int {
        guard let base = buffer.baseAddress else { return 0 }
        var filled = 0
        while filled < buffer.count {
            let count = pread(descriptor, base + filled, buffer.count - filled, off_t(offset) + filled)
            if count == 0 { break }
            if count > 0 {
                filled += count
            } else if errno != EINTR {
                throw SourceError(number: errno, path: path)
            }
        }
        return filled
    }

    /// The bytes of a small range; fewer at the end of the file.
    func bytes(_ range: Range<Int64>) throws(SourceError) -> [UInt8] {
        var failure: SourceError?
        let bytes = [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
            do throws(SourceError) {
                count = try read(into: UnsafeMutableRawBufferPointer(buffer), at: range.lowerBound)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }
}
