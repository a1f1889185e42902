import Foundation

/// The price table read by the test itself, cell by cell, with no help from what it tests.
struct PriceTableFile {
    struct Row: Sendable, CustomStringConvertible {
        var line: Int
        var cells: [String: String]

        var description: String { "line \(line), \(self["model"] ?? "")" }

        subscript(column: String) -> String? { cells[column].flatMap { $0.isEmpty ? nil : $0 } }

        /// The cell in billionths; nil when it is empty.
        func price(_ column: String) -> Natural? {
            guard let text = self[column] else { return nil }
            let parts = text.split(separator: ".", omittingEmptySubsequences: false)
            let fraction = parts.count > 1 ? String(parts[1]) : ""
            let digits = parts[0] + fraction + String(repeating: "0", count: 9 - fraction.count)
            return Natural(digits: digits.reversed().compactMap(\.wholeNumberValue))
        }
    }

    /// Every row, in order.
    static let rows: [Row] = {
        let file = repositoryRoot.appending(path: "Sources/GovernorCore/Resources/prices.csv")
        guard let text = try? String(contentsOf: file, encoding: .utf8) else { return [] }
        let lines = text.split(whereSeparator: \.isNewline).map {
            $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        return lines.enumerated().dropFirst().map { index, cells in
            Row(line: index + 1, cells: Dictionary(zip(lines[0], cells)) { first, _ in first })
        }
    }()
}

/// The nearest folder above this file that holds a package.
let repositoryRoot: URL = {
    var folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    while folder.path != "/", !FileManager.default.fileExists(atPath: folder.appending(path: "Package.swift").path) {
        folder.deleteLastPathComponent()
    }
    return folder
}()
