import Foundation

/// One file of a policy: its name, and its text if it could be read.
struct PolicyText {
    var file: String
    /// nil when it could not be read, which has been reported.
    var text: String?

    /// Bytes a file may have.
    static let sizeLimit = 1 << 20

    /// Checks what YAML itself would not, or would say badly: size, and characters that have no business in a policy.
    static func checked(_ text: String, file: String, _ reading: inout Reading) -> PolicyText {
        guard text.utf8.count <= sizeLimit else { return tooLarge(file, &reading) }
        // Editors on Windows write a byte-order mark; it is not part of the text.
        let text = text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
        if let (scalar, place) = firstUnfit(in: text, file: file) {
            reading.error(
                "the character \(Quoting.printable(String(scalar))) can't be used in a policy file", at: place,
                hint: "remove it")
            return PolicyText(file: file)
        }
        return PolicyText(file: file, text: text)
    }

    static func checked(_ bytes: Data, file: String, _ reading: inout Reading) -> PolicyText {
        guard bytes.count <= sizeLimit else { return tooLarge(file, &reading) }
        if let text = String(validating: bytes, as: UTF8.self) { return checked(text, file: file, &reading) }
        reading.error("this is not UTF-8", at: firstInvalid(in: bytes, file: file), hint: "save the file as UTF-8")
        return PolicyText(file: file)
    }

    private static func tooLarge(_ file: String, _ reading: inout Reading) -> PolicyText {
        reading.error(
            "the file is over 1 MiB, the most a policy file may have", at: .whole(file), hint: "split it into several")
        return PolicyText(file: file)
    }

    /// Control characters other than tab and line ends, and the private-use area, which `YAMLComposer` needs for
    /// itself.
    private static func firstUnfit(in text: String, file: String) -> (Unicode.Scalar, Place)? {
        var place = Place(file: file, line: 1, column: 1)
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x0A: place = Place(file: file, line: place.line + 1, column: 0)
            case 0x09, 0x0D: break
            case 0..<0x20, 0x7F..<0xA0, 0xE000...0xF8FF, 0xFEFF, 0xFFFE, 0xFFFF: return (scalar, place)
            default: break
            }
            place.column += 1
        }
        return nil
    }

    private static func firstInvalid(in bytes: Data, file: String) -> Place {
        var place = Place(file: file, line: 1, column: 1)
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        while case .scalarValue(let scalar) = decoder.decode(&iterator) {
            if scalar == "\n" { place = Place(file: file, line: place.line + 1, column: 0) }
            place.column += 1
        }
        return place
    }
}
