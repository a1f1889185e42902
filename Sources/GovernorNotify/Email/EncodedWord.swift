import Foundation
import GovernorCore

/// Text in a mail's header, where only ASCII may stand (RFC 2047).
package enum EncodedWord {
    /// The text as it is when it is short and ASCII, else as encoded words of at most 75 characters, one a line. Never a
    /// line end that is not followed by a space, so that nothing can begin another header.
    /// - Parameter used: characters that stand on the first line already.
    package static func header(_ text: String, after used: Int) -> String {
        let plain = Message.clean(text, limit: 300)
        let isPlain = plain.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } && !plain.contains("=?")
        // A longer line may be broken by a server in between.
        if isPlain, plain.utf8.count + used <= 200 { return plain }
        let (prefix, suffix) = ("=?utf-8?B?", "?=")
        var words: [[UInt8]] = [[]]
        for scalar in plain.unicodeScalars {
            let bytes = Array(String(scalar).utf8)
            let room = 75 - prefix.count - suffix.count - (words.count == 1 ? used : 1)
            // Base64 makes four of three; no character may be divided among two words.
            if (words[words.count - 1].count + bytes.count + 2) / 3 * 4 > room { words.append([]) }
            words[words.count - 1] += bytes
        }
        return words.map { prefix + Data($0).base64EncodedString() + suffix }.joined(separator: "\r\n ")
    }
}
