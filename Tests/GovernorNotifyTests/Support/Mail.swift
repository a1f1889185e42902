import Foundation

/// A mail as it came, taken apart.
struct Mail {
    /// Names in small letters, values unfolded.
    var headers: [String: String] = [:]
    /// The header lines as they came.
    var head: [String]
    var body: String

    /// A part of it, by the beginning of its type; decoded.
    func part(_ type: String) -> String? {
        guard let content = headers["content-type"], let mark = content.firstRange(of: "boundary=") else { return nil }
        let boundary = content[mark.upperBound...].trimmingCharacters(in: ["\""])
        for piece in body.components(separatedBy: "--\(boundary)").dropFirst() {
            let part = Mail(String(piece.drop { $0 == "\r\n" }))
            guard part.headers["content-type"]?.hasPrefix(type) == true,
                part.headers["content-transfer-encoding"] == "quoted-printable"
            else { continue }
            let text = part.body.hasSuffix("\r\n") ? String(part.body.dropLast()) : part.body
            return Self.decoded(text)
        }
        return nil
    }

    init(_ text: String) {
        let halves = text.components(separatedBy: "\r\n\r\n")
        head = halves[0].components(separatedBy: "\r\n")
        body = halves.dropFirst().joined(separator: "\r\n\r\n")
        for line in halves[0].replacingOccurrences(of: "\r\n ", with: " ").components(separatedBy: "\r\n") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(
                in: .whitespaces)
        }
    }

    private static func decoded(_ text: String) -> String? {
        text.replacingOccurrences(of: "=\r\n", with: "").replacingOccurrences(of: "\r\n", with: "\n")
            .replacingOccurrences(of: "%", with: "%25").replacingOccurrences(of: "=", with: "%").removingPercentEncoding
    }
}
