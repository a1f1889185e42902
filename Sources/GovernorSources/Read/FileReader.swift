package import GovernorCore

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
        self.zone = zone ?? .machine
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
    ///   - held: where the cursor's file can still be opened when it has no name in its folder any more.
    ///   - limit: records and rejected lines a batch holds at most.
    /// - Returns: nil when there is nothing new, not even a cursor to store.
    /// - Throws: when the file can't be opened or read. The cursor stays good.
    package func read(
        path: String, kind: FileKind, from cursor: FileCursor?, held: String? = nil, limit: Int = 512
    ) throws(SourceError) -> SourceBatch? {
        // Each with its own parser's code: most bytes of a file are only looked at.
        switch kind {
        case .transcript: try read(path, TranscriptParser.self, from: cursor, held, limit)
        case .coordinator: try read(path, CoordinatorParser.self, from: cursor, held, limit)
        case .rollout: try read(path, RolloutParser.self, from: cursor, held, limit)
        case .voice: try read(path, VoiceParser.self, from: cursor, held, limit)
        case .litellm: try read(path, LiteLLMLogParser.self, from: cursor, held, limit)
        }
    }

    private func read<Parser: LineParser>(
        _ path: String, _ parser: Parser.Type, from cursor: FileCursor?, _ held: String?, _ limit: Int
    ) throws(SourceError) -> SourceBatch? {
        do throws(SourceError) {
            let file = try OpenFile(path: path)
            let resumption = try Resumption(of: file, at: cursor)
            // Before the new file at this path, the rest of the old one, should it lie beside it under another name.
            if resumption.isAnotherFile, let cursor,
                let rest = try restOfMovedFile(path, parser, cursor: cursor, held, limit)
            {
                return rest
            }
            // Until something is in the new one, its writer may still be busy with the old one.
            if resumption.isAnotherFile, try file.size() == 0 { return nil }
            return try batch(of: file, path, parser, resumption, before: cursor, limit)
        } catch  where error.code == .gone {
            guard let cursor, let rest = try restOfMovedFile(path, parser, cursor: cursor, held, limit) else {
                throw error
            }
            return rest
        }
    }

    private func restOfMovedFile<Parser: LineParser>(
        _ path: String, _ parser: Parser.Type, cursor: FileCursor, _ held: String?, _ limit: Int
    ) throws(SourceError) -> SourceBatch? {
        guard let moved = MovedFile.find(cursor, besides: path) ?? held else { return nil }
        let file: OpenFile
        do throws(SourceError) { file = try OpenFile(path: moved) } catch {
            // Moved on or compressed meanwhile: what it held can't be reached any more.
            return nil
        }
        let resumption = try Resumption(of: file, at: cursor)
        guard resumption.offset == cursor.offset, resumption.note == nil, !resumption.isAnotherFile else { return nil }
        guard var batch = try batch(of: file, path, parser, resumption, before: cursor, limit) else { return nil }
        batch.note =
            moved == held ? "deleted or moved away; its rest was read" : "renamed to \(moved); its rest was read there"
        // The file that is at the path now is still to be read.
        batch.isAtEnd = false
        return batch
    }

    private func batch<Parser: LineParser>(
        of file: borrowing OpenFile, _ path: String, _ type: Parser.Type, _ found: Resumption, before: FileCursor?,
        _ limit: Int
    ) throws(SourceError) -> SourceBatch? {
        var resumption = found
        let modified = modified(file)
        var parser = resumption.offset == 0 ? nil : self.parser(type, before?.state, modified, isStart: false)
        if parser == nil {
            if resumption.offset > 0 {
                resumption = try Resumption(of: file, at: nil)
                resumption.note = "what was known of its lines is lost; read again from the start"
            }
            parser = self.parser(type, nil, modified, isStart: true)
        }
        guard var parser else { return nil }
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
                guard parser.mayMatter(bytes) else { continue }
                take(SourceLine(bytes: bytes, file: path, offset: at), &parser, &records, &rejected)
            }
        }
        buffer.settle()
        let cursor = FileCursor(
            path: path, device: file.identity.device, inode: file.identity.inode, birth: file.identity.birth,
            headLength: Int64(buffer.fingerprint.head.count), headHash: buffer.fingerprint.hash, offset: buffer.offset,
            state: buffer.offset > 0 ? parser.state : nil)
        if cursor == before || (before == nil && buffer.offset == 0) { return nil }
        return SourceBatch(
            source: parser.source, path: path, records: records, rejected: rejected, cursor: cursor, isAtEnd: isAtEnd,
            note: resumption.note)
    }

    private func parser<Parser: LineParser>(
        _ type: Parser.Type, _ state: String?, _ modified: Timestamp?, isStart: Bool
    ) -> Parser? {
        Parser(state: state, context: LineContext(zone: zone, modified: modified, isStart: isStart))
    }

    private func modified(_ file: borrowing OpenFile) -> Timestamp? {
        // Gone since it was opened: what it holds is read all the same, and its lines mostly name their times.
        do throws(SourceError) {
            return Timestamp(milliseconds: try FileStatus(path: file.path).modified / 1_000_000)
        } catch {
            return nil
        }
    }

    /// Has one line parsed. NUL bytes, which a crash leaves where data was not yet on the disk, divide it: what was written
    /// behind them is good again.
    private func take(
        _ line: SourceLine, _ parser: inout some LineParser, _ records: inout [UsageRecord],
        _ rejected: inout [RejectedLine]
    ) {
        var start = 0
        while start < line.bytes.count {
            let end = ByteSearch.first(0, in: line.bytes, from: start) ?? line.bytes.count
            let piece = SourceLine(
                bytes: UnsafeRawBufferPointer(rebasing: line.bytes[start..<end]), file: line.file,
                offset: line.offset + Int64(start))
            start = end + 1
            guard piece.bytes.contains(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }) else { continue }
            // Told again for the piece: the whole line passed because of any of them.
            guard piece.bytes.count == line.bytes.count || parser.mayMatter(piece.bytes) else { continue }
            do throws(LineProblem) { try parser.read(piece, into: &records) } catch {
                rejected.append(RejectedLine(file: piece.file, offset: piece.offset, reason: error.reason))
            }
        }
    }
}
