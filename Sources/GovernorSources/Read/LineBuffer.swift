/// A window onto a file that moves forward line by line. Its memory is a chunk, or the longest line allowed.
struct LineBuffer: ~Copyable {
    enum Step {
        /// A complete line without its newline, and where it starts in the file.
        case line(UnsafeRawBufferPointer, at: Int64)
        /// The line that starts there is longer than the limit, and ended; it was passed over.
        case tooLong(at: Int64)
        /// No further complete line.
        case end
    }

    /// Of everything that was stepped over so far.
    private(set) var fingerprint: Fingerprint
    /// Bytes read from the file so far.
    private(set) var bytesRead: Int64 = 0

    private let chunk: Int
    private let lineLimit: Int
    private var memory: UnsafeMutableRawBufferPointer
    /// Where in the file the memory starts.
    private var base: Int64
    /// Stepped over, and already in the fingerprint.
    private var settled = 0
    /// The next line starts here.
    private var start = 0
    /// No newline is between `start` and here.
    private var scanned = 0
    private var end = 0

    /// - Parameter expected: bytes the file has behind the offset; only how much memory is taken at first.
    init(fingerprint: Fingerprint, offset: Int64, expected: Int64, chunk: Int, lineLimit: Int) {
        self.fingerprint = fingerprint
        self.chunk = chunk
        self.lineLimit = lineLimit
        base = offset
        let first = min(chunk, Int(clamping: expected) + 1)
        memory = .allocate(byteCount: max(first, 64), alignment: 16)
    }

    deinit { memory.deallocate() }

    /// The byte behind the last line that was stepped over.
    var offset: Int64 { base + Int64(start) }

    /// Steps over the next complete line. Its bytes are good until the next step.
    mutating func next(of file: borrowing OpenFile) throws(SourceError) -> Step {
        while true {
            let filled = UnsafeRawBufferPointer(memory)
            if let newline = ByteSearch.first(0x0A, in: UnsafeRawBufferPointer(rebasing: filled[..<end]), from: scanned)
            {
                let line = UnsafeRawBufferPointer(rebasing: filled[start..<newline])
                let at = offset
                start = newline + 1
                scanned = start
                return .line(line, at: at)
            }
            scanned = end
            if end - start > lineLimit { return try passOver(file) }
            guard try fill(from: file) else { return .end }
        }
    }

    /// Takes everything that was stepped over into the fingerprint.
    mutating func settle() {
        fingerprint.append(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(memory)[settled..<start]))
        settled = start
    }

    /// Reads more behind what there is; false at the end of the file.
    private mutating func fill(from file: borrowing OpenFile) throws(SourceError) -> Bool {
        makeRoom()
        // One byte more than the longest line, for its newline: a line at the limit still fits.
        let room = min(memory.count - end, lineLimit + 1 - (end - start))
        let free = UnsafeMutableRawBufferPointer(rebasing: memory[end..<end + room])
        let count = try file.read(into: free, at: base + Int64(end))
        end += count
        bytesRead += Int64(count)
        return count > 0
    }

    private mutating func makeRoom() {
        guard end == memory.count || start == end else { return }
        settle()
        let rest = end - start
        let larger = rest * 2 > memory.count ? min(max(memory.count * 2, chunk), lineLimit + 1) : memory.count
        if larger > memory.count {
            let new = UnsafeMutableRawBufferPointer.allocate(byteCount: larger, alignment: 16)
            new.copyMemory(from: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(memory)[start..<end]))
            memory.deallocate()
            memory = new
        } else if rest > 0 {
            memory.copyMemory(from: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(memory)[start..<end]))
        }
        base += Int64(start)
        (start, settled, scanned, end) = (0, 0, rest, rest)
    }

    /// Looks for the newline of a line that is too long to keep. Without one, nothing was stepped over.
    private mutating func passOver(_ file: borrowing OpenFile) throws(SourceError) -> Step {
        settle()
        let at = offset
        var passed = fingerprint
        passed.append(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(memory)[start..<end]))
        var position = base + Int64(end)
        let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk, alignment: 16)
        defer { scratch.deallocate() }
        while true {
            let count = try file.read(into: scratch, at: position)
            guard count > 0 else { return .end }
            bytesRead += Int64(count)
            let part = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(scratch)[..<count])
            if let newline = ByteSearch.first(0x0A, in: part) {
                passed.append(UnsafeRawBufferPointer(rebasing: part[...newline]))
                fingerprint = passed
                base = position + Int64(newline) + 1
                (start, settled, scanned, end) = (0, 0, 0, 0)
                return .tooLong(at: at)
            }
            passed.append(part)
            position += Int64(count)
        }
    }
}
