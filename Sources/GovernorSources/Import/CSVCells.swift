import GovernorCore

/// The cells of one row of CSV.
enum CSVCells {
    /// - Parameter row: a row as `CSVSplitter` cuts it.
    static func read(_ row: UnsafeRawBufferPointer, separator: UInt8) throws(LineProblem) -> [String] {
        var cells: [String] = []
        var index = 0
        while true {
            guard cells.count < ImportColumns.limit else {
                throw LineProblem("more than \(ImportColumns.limit) cells")
            }
            let end: Int
            if index < row.count, row[index] == UInt8(ascii: "\"") {
                let (cell, next) = quoted(row, from: index, separator)
                let number = cells.count
                let read = cell.withUnsafeBytes { bytes in
                    Result { () throws(LineProblem) in try text(bytes, number) }
                }
                cells.append(try read.get())
                end = next
            } else {
                end = ByteSearch.first(separator, in: row, from: index) ?? row.count
                cells.append(try text(UnsafeRawBufferPointer(rebasing: row[index..<end]), cells.count))
            }
            guard end < row.count else { return cells }
            index = end + 1
        }
    }

    private static func text(_ bytes: UnsafeRawBufferPointer, _ number: Int) throws(LineProblem) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw LineProblem("cell \(number + 1) is not UTF-8; save the file as UTF-8")
        }
        guard ByteSearch.first(0, in: bytes) == nil else { throw LineProblem("a NUL in cell \(number + 1)") }
        return text
    }

    /// The bytes of the quoted cell that begins there, and where the separator behind it is.
    private static func quoted(
        _ row: UnsafeRawBufferPointer, from start: Int, _ separator: UInt8
    ) -> ([UInt8], end: Int) {
        var cell: [UInt8] = []
        var index = start + 1
        while index < row.count {
            if row[index] == UInt8(ascii: "\"") {
                index += 1
                // The closing one, unless it is doubled.
                guard index < row.count, row[index] == UInt8(ascii: "\"") else { break }
            }
            cell.append(row[index])
            index += 1
        }
        return (cell, ByteSearch.first(separator, in: row, from: index) ?? row.count)
    }
}
