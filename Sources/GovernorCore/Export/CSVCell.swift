/// Cells of a CSV text that somebody will open in a spreadsheet.
package enum CSVCell {
    /// What makes a spreadsheet take a cell for a formula, also in its wide spelling, or lets the next character be one.
    private static let formulaStarts: Set<Unicode.Scalar> = [
        "=", "+", "-", "@", "\t", "\r", "\n", "\u{FF1D}", "\u{FF0B}", "\u{FF0D}", "\u{FF20}",
    ]

    /// A text of unknown origin as a cell, with an apostrophe in front where a spreadsheet would run it: names of workers
    /// and sessions come from whoever sent them, and exports are opened by people with more rights than those.
    ///
    /// A text that begins with an apostrophe gets one more, so that `unguarded` gives back exactly what was written.
    package static func guarded(_ text: String) -> String {
        guard let first = text.unicodeScalars.first, first == "'" || formulaStarts.contains(first) else { return text }
        return "'" + text
    }

    /// The text that `guarded` made this of.
    package static func unguarded(_ text: String) -> String {
        text.utf8.first == UInt8(ascii: "'") ? String(text.dropFirstScalar) : text
    }

    /// Appends a cell, in quotes where it needs them (RFC 4180).
    package static func append(_ text: String, to bytes: inout [UInt8]) {
        var text = text
        text.withUTF8 { utf8 in
            let needsQuotes = utf8.contains {
                $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") || $0 == 0x0A || $0 == 0x0D
            }
            guard needsQuotes else { return bytes.append(contentsOf: utf8) }
            bytes.append(UInt8(ascii: "\""))
            for byte in utf8 {
                if byte == UInt8(ascii: "\"") { bytes.append(byte) }
                bytes.append(byte)
            }
            bytes.append(UInt8(ascii: "\""))
        }
    }
}

extension String {
    /// Without its first scalar, whatever it combines with.
    fileprivate var dropFirstScalar: Substring.UnicodeScalarView { unicodeScalars.dropFirst() }
}
