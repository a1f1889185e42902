package import GovernorCore

/// Records of an import, in the file's order.
package struct ImportBatch: Sendable {
    package var records: [UsageRecord]
    /// Whether they come from Governor's own export and bring the cost they were booked at, which is to stay: the price of
    /// their day, and so the same sums.
    package var keepsCosts: Bool
}

/// Reads usage records out of a file of any known shape that comes in chunks, in bounded memory whatever its size.
///
/// ```
/// var importer = Importer(name: "usage.csv.gz", options: options)
/// for each chunk { importer.take(chunk); while let batch = try importer.next() { … book it … } }
/// importer.finish()
/// while let batch = try importer.next() { … }
/// importer.report
/// ```
///
/// Between two calls it holds the chunk it was given last, one batch and the element that is still coming; so take the
/// batches before the next chunk. A row that can't be booked is in the report, and costs no other.
package struct Importer: ~Copyable {
    /// Longer rows, elements and lines are skipped and reported.
    package static let elementLimit = 16 << 20

    /// Records after which a batch is given out.
    private static let batchSize = 512
    /// Bytes that are looked at in one go.
    private static let pieceSize = 64 << 10

    /// What became of the file so far.
    package var report: ImportReport { rows.report }

    private let options: ImportOptions
    private let elementLimit: Int
    private let rows: RowReader
    private var inflater: Inflater?
    private var splitter: (any Splitting)?
    /// As they came, and how many of them are used.
    private var input: [UInt8] = []
    private var used = 0
    /// The first bytes of the text, until they are enough to tell what it is.
    private var head: [UInt8] = []
    private var isFirst = true
    private var isFinished = false
    private var isAtEnd = false
    private var failure: ImportError?

    /// - Parameters:
    ///   - name: what the file is called; only for the report and the records' `raw`.
    ///   - options: what the caller knows about it.
    ///   - zone: of times that name none; the machine's when nil.
    ///   - elementLimit: bytes a row, an element or a line may have.
    package init(
        name: String, options: ImportOptions = ImportOptions(), zone: Zone? = nil, elementLimit: Int = Self.elementLimit
    ) {
        self.options = options
        self.elementLimit = max(1, elementLimit)
        rows = RowReader(
            name: name, options: options, zone: zone ?? .machine)
    }

    /// Takes the next bytes of the file. Nothing is read before `next`.
    package mutating func take(_ bytes: UnsafeRawBufferPointer) {
        rows.report.bytes += Int64(bytes.count)
        if used == input.count {
            input.removeAll(keepingCapacity: input.capacity < 4 << 20)
        } else {
            input.removeFirst(used)
        }
        used = 0
        input.append(contentsOf: bytes)
    }

    /// Says that nothing more comes.
    package mutating func finish() { isFinished = true }

    /// Reads on.
    ///
    /// - Returns: the next batch; nil when more bytes are needed, or, after `finish`, when there is nothing more.
    /// - Throws: when the rest can't be read; after the records before it were given out, and on every call from then.
    package mutating func next() throws(ImportError) -> ImportBatch? {
        while failure == nil, !isAtEnd, rows.records.count < Self.batchSize {
            do throws(ImportError) { guard try advance() else { break } } catch { failure = error }
        }
        if rows.records.count >= Self.batchSize || ((isAtEnd || failure != nil) && !rows.records.isEmpty) {
            return rows.takeBatch()
        }
        if let failure { throw failure }
        return nil
    }

    /// - Returns: false when there is nothing to go on with.
    private mutating func advance() throws(ImportError) -> Bool {
        if isFirst {
            guard input.count >= 2 || isFinished else { return false }
            isFirst = false
            if Inflater.isGzip(input) {
                inflater = Inflater(limit: .max)
                rows.report.isCompressed = true
            }
        }
        if used < input.count || inflater?.hasMore == true {
            try read()
        } else {
            guard isFinished else { return false }
            try end()
        }
        return true
    }

    /// Reads a piece of what is in hand.
    private mutating func read() throws(ImportError) {
        let piece = Array(input[used..<min(input.count, used + Self.pieceSize)])
        guard inflater != nil else {
            used += piece.count
            return try text(piece)
        }
        var inflated: [UInt8] = []
        let outcome = piece.withUnsafeBytes { piece in
            Result { () throws(Inflater.Failure) in
                try inflater?.step(piece) { inflated.append(contentsOf: $0) } ?? 0
            }
        }
        do throws(Inflater.Failure) { used += try outcome.get() } catch { throw .compressed(error) }
        try text(inflated)
    }

    /// The file ended. What came before a cut is read to its end all the same.
    private mutating func end() throws(ImportError) {
        isAtEnd = true
        let rows = rows
        if splitter == nil { try decide() }
        splitter?.finish { rows.take($0) }
        rows.finish()
        if let failure = rows.failure { throw failure }
        do throws(Inflater.Failure) { try inflater?.finish() } catch { throw .compressed(error) }
    }

    private mutating func text(_ bytes: [UInt8]) throws(ImportError) {
        let rows = rows
        if splitter == nil {
            head.append(contentsOf: bytes)
            if head.count >= ImportHead.size { try decide() }
        } else {
            bytes.withUnsafeBytes { splitter?.take($0) { rows.take($0) } }
        }
        if let failure = rows.failure { throw failure }
    }

    /// Tells from the first bytes how the text is to be cut.
    private mutating func decide() throws(ImportError) {
        let mark = ImportHead.markLength(head)
        let cutting = try ImportHead.cutting(head[mark...], options)
        let offset = Int64(mark)
        splitter =
            switch cutting {
            case .json: JSONSplitter(limit: elementLimit, offset: offset)
            case .csv(let separator): CSVSplitter(separator: separator, limit: elementLimit, offset: offset)
            case .lines: LineSplitter(limit: elementLimit, offset: offset)
            }
        let rows = rows
        rows.begin(cutting)
        head[mark...].withUnsafeBytes { splitter?.take($0) { rows.take($0) } }
        head = []
    }
}
