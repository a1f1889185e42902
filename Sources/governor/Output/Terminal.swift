import Foundation
import GovernorCore

/// What goes to a person's terminal: never a control character that came from a label.
enum Terminal {
    static func printError(_ text: String) { FileHandle.standardError.write(Data((safe(text) + "\n").utf8)) }

    /// The text with every control character but the newline, and whatever else breaks a line, shown as `�`.
    static func safe(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { scalar in
                    switch scalar.properties.generalCategory {
                    case .control where scalar == "\n": scalar
                    case .control, .format, .lineSeparator, .paragraphSeparator: "\u{FFFD}"
                    default: scalar
                    }
                }))
    }

    /// The same on one line, of at most `limit` characters.
    static func cut(_ text: String, _ limit: Int = .max) -> String {
        let line = String(String.UnicodeScalarView(safe(text).unicodeScalars.map { $0 == "\n" ? " " : $0 }))
        return line.count <= limit ? line : line.prefix(max(0, limit - 1)) + "…"
    }

    /// `2026-11-21 04:42`, by the clock of the zone the daemon gave it in.
    static func time(_ time: JSON?, seconds: Bool = false) -> String {
        String(cut(time?.text ?? "").prefix(seconds ? 19 : 16)).replacing("T", with: " ")
    }

    /// Colours only on a terminal, and not where `NO_COLOR` is set.
    static let hasColor =
        isatty(STDOUT_FILENO) == 1 && (ProcessInfo.processInfo.environment["NO_COLOR"] ?? "").isEmpty

    enum Color: String { case red = "31", yellow = "33", green = "32", dim = "2", bold = "1" }

    static func colored(_ text: String, _ color: Color) -> String {
        hasColor ? "\u{1B}[\(color.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// `████████░░░░`, full at 100%.
    static func bar(_ ratio: Double, width: Int = 20) -> String {
        let filled = Int((min(max(ratio.isFinite ? ratio : 0, 0), 1) * Double(width)).rounded())
        return String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
    }

    /// Rows under a header, columns as wide as their widest cell; columns named in `right` are set to the right.
    static func table(_ header: [String], _ rows: [[String]], right: Set<Int> = []) -> String {
        let lines = ([header] + rows).map { $0.map(safe) }
        let widths = header.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { cells in
            let padded = cells.enumerated().map { column, cell in
                let space = String(repeating: " ", count: widths[column] - cell.count)
                return right.contains(column) ? space + cell : cell + space
            }
            return String(padded.joined(separator: "  ").reversed().drop { $0 == " " }.reversed())
        }.joined(separator: "\n")
    }
}

extension JSON {
    /// A text, or a number's digits; empty for anything else.
    var text: String {
        switch self {
        case .string(let text): text
        case .number(let digits): digits
        case .bool(let value): "\(value)"
        case .null, .array, .object: ""
        }
    }

    /// Whom an account or an alert is about, by its `split`: `w-1`, `the fleet`.
    var who: String {
        let who = (self["split"]?.members ?? []).map { label in
            label.value.text.isEmpty ? "(no \(label.key))" : label.value.text
        }
        return who.isEmpty ? "the fleet" : who.joined(separator: ", ")
    }

    /// The value as one line of JSON.
    var line: String {
        var json = JSONWriter()
        json.value(self)
        return json.text
    }
}
