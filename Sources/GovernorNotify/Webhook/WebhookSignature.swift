import CCurl
import Foundation
package import GovernorCore

/// What proves to a webhook's owner that a message is Governor's, as Standard Webhooks has it (scheme `v1`).
package enum WebhookSignature {
    /// `v1,<base64>` for each key, with spaces between.
    /// - Parameters:
    ///   - id: the notification's.
    ///   - seconds: of the attempt, since 1970.
    ///   - hmac: HMAC-SHA-256 of bytes with a key; nil where nothing computes it.
    /// - Throws: `library_missing` where nothing computes HMACs, `credentials` for a key that can't be read.
    package static func header(
        id: String, seconds: Int64, body: [UInt8], keys: [Secret],
        hmac: (_ key: [UInt8], _ bytes: [UInt8]) -> [UInt8]? = hmac
    ) throws(DeliveryFailure) -> String {
        let signed = Array("\(id).\(seconds).".utf8) + body
        var signatures: [String] = []
        for key in keys {
            guard let digest = hmac(try bytes(of: key), signed) else {
                throw DeliveryFailure(
                    .libraryMissing,
                    "the message can't be signed: libcurl was built without OpenSSL; install the usual libcurl, "
                        + "on Debian and Ubuntu with `apt install libcurl4`")
            }
            signatures.append("v1," + Data(digest).base64EncodedString())
        }
        return signatures.joined(separator: " ")
    }

    /// `whsec_` is followed by the key in base64; any other text is the key itself, in UTF-8.
    package static func bytes(of key: Secret) throws(DeliveryFailure) -> [UInt8] {
        let text = key.reveal()
        let prefix = "whsec_"
        guard text.hasPrefix(prefix) else { return Array(text.utf8) }
        guard let decoded = Data(base64Encoded: String(text.dropFirst(prefix.count))), !decoded.isEmpty else {
            throw DeliveryFailure(
                .credentials, "the receiver's secret begins with whsec_, but what follows is not base64")
        }
        return [UInt8](decoded)
    }

    /// HMAC-SHA-256 (RFC 2104), 32 bytes; nil where no library computes it.
    package static func hmac(key: [UInt8], of bytes: [UInt8]) -> [UInt8]? {
        var digest = [UInt8](repeating: 0, count: Int(CCURL_SHA256_SIZE))
        return ccurl_hmac_sha256(key, key.count, bytes, bytes.count, &digest) ? digest : nil
    }
}
