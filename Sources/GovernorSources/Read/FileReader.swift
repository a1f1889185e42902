package import GovernorCore
import Foundation

/// Reads usage records out of growing files, from where the last read ended.
///
/// It keeps nothing between reads: what it needs to go on is in the cursor, which the caller stores in the transaction
/// of the records. A file that is no longer the one that was read (rotated, truncated, replaced, its inode used again)
/// is read from its start; that is safe because a record counts once, and skipping would not be.
package struct FileReader: Sendable {
    /// Longer lines are skipped and reported.
    package static let lineLimit = 16 << 20

    private let zone: Zone
    private let lineLimit: Int
    private let chunk: Int
    /// Bytes after which a batch ends even without records, so that no read takes long.
    private let batchBytes: Int64

    /// - Parameters:
    ///   - zone: where timestamps without a zone were written; the machine's when nil.
    ///   - lineLimit: bytes; a longer line is skipped and reported.
    ///   - chunk: bytes read at once.
    ///   - batchBytes: bytes after which a batch ends even when it has few records.
    package init(
        zone: Zone? = nil, lineLimit: Int = Self.lineLimit, chunk: Int = 256 << 10, batchBytes: Int64 = 64 << 20
    ) {
        self.zone = zone ?? Zone(identifier: TimeZone.current.identifier) ?? .utc
        self.lineLimit = max(1, lineLimit)
        self.chunk = max(64, chunk)
        self.batchBytes = max(1, batchBytes)
    }

    /// Reads on from the cursor.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - kind: what its lines are.
    ///   - cursor: what the last batch of this path said; nil when there was none, or its row made no sense.
    ///   - limit: records and rejected lines a batch holds at most.
    /// - Returns: nil when there is nothing new, not even a cursor to store.
    /// - Throws: when the file can't be opened or read. The cursor stays good.
    package func read(
        path: String, kind: FileKind, from cursor: FileCursor?, limit: Int = 512
    ) throws(SourceError) -> SourceBatch? {
        do throws(SourceError) {
            let file = try OpenFile(path: path)
            let resumption = try Resumption(of: file, at: cursor)
            // Before the new file at this path, the rest of the old one, should it lie beside it under another name.
            if resumption.isAnotherFile, let cursor,
                let rest = try restOfMovedFile(path: path, kind: kind, cursor: cursor, limit: limit)
            {
                return rest
            }
            return try batch(of: file, path: path, kind: kind, resumption: resumption, before: cursor, limit: limit)
        } catch  where error.code == .gone {
            guard let cursor, let rest = try restOfMovedFile(path: path, kind: kind, cursor: cursor, limit: limit)
            else { throw error }
            return rest
        }
    }

    private func restOfMovedFile(
        path: String, kind: FileKind, cursor: FileCursor, limit: Int
    ) throws(SourceError) -> SourceBatch? {
        guard let moved = MovedFile.find(cursor, besides: path) else { return nil }
        let file: OpenFile
        do throws(SourceError) { file = try OpenFile(path: moved) } catch {
            // Moved on or compressed meanwhile: what it held can't be reached any more.
            return nil
        }
        let resumption = try Resumption(of: file, at: cursor)
        guard resumption.offset == cursor.offset, resumption.note == nil, !resumption.isAnotherFile else { return nil }
        guard
            var batch = try batch(
                of: file, path: path, kind: kind, resumption: resumption, before: cursor, limit: limit)
        else { return nil }
        batch.note = "renamed to \(moved); its rest was read there"
        // The file that is at the path now is still to be read.
        batch.isAtEnd = false
        return batch
    }

    private func batch(
        of file: borrowing OpenFile, path: String, kind: FileKind, resumption: Resumption, before: FileCursor?,
        limit: Int
    ) throws(SourceError) -> SourceBatch? {
        let size = try file.size()
        var buffer = LineBuffer(
            fingerprint: resumption.fingerprint, offset: resumption.offset, expected: max(0, size - resumption.offset),
            chunk: chunk, lineLimit: lineLimit)
        var records: [UsageRecord] = []
        var rejected: [RejectedLine] = []
        var isAtEnd = false
        reading: while records.count + rejected.count < limit, buffer.bytesRead < batchBytes {
            switch try buffer.next(of: file) {
            case .end:
                isAtEnd = true
                break reading
            case .tooLong(let at):
                let reason = "longer than \(lineLimit) bytes; the line was skipped"
                rejected.append(RejectedLine(file: path, offset: at, reason: reason))
            case .line(let bytes, let at):
                if kind == .transcript, !ByteSearch.containsUsageKey(bytes) { continue }
                take(bytes, at: at, path: path, kind: kind, &records, &rejected)
            }
        }
        buffer.settle()
        let cursor = FileCursor(
            path: path, device: file.identity.device, inode: file.identity.inode, birth: file.identity.birth,
            headLength: Int64(buffer.fingerprint.head.count), headHash: buffer.fingerprint.hash, offset: buffer.offset)
        if cursor == before || (before == nil && buffer.offset == 0) { return nil }
        return SourceBatch(
            kind: kind.rawValue, path: path, records: records, rejected: rejected, cursor: cursor, isAtEnd: isAtEnd,
            note: resumption.note)
    }

    /// Books one line. NUL bytes, which a crash leaves where data was not yet on the disk, divide it: what was written
    /// behind them is good again.
    private func take(
        _ line: UnsafeRawBufferPointer, at offset: Int64, path: String, kind: FileKind, _ records: inout [UsageRecord],
        _ rejected: inout [RejectedLine]
    ) {
        var start = 0
        while start < line.count {
            let end = ByteSearch.first(0, in: line, from: start) ?? line.count
            let piece = UnsafeRawBufferPointer(rebasing: line[start..<end])
            let at = offset + Int64(start)
            start = end + 1
            guard piece.contains(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }) else { continue }
            do throws(LineProblem) {
                switch kind {
                case .transcript:
                    // Told again for the piece: the whole line passed because of any of them.
                    guard piece.count == line.count || ByteSearch.containsUsageKey(piece) else { continue }
                    let record = try TranscriptLine.record(piece, file: path, offset: at, zone: zone)
                    if let record { records.append(record) }
                case .coordinator:
                    records.append(try CoordinatorLine.record(piece, file: path, offset: at, zone: zone))
                }
            } catch {
                rejected.append(RejectedLine(file: path, offset: at, reason: error.reason))
            }
        }
    }
}
