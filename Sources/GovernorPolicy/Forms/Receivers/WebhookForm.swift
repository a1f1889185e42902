import Foundation
import GovernorCore

/// A program of the operator's own.
struct WebhookDraft {
    var address: ReceiverAddress?
    /// Newest first; those that are empty among them.
    var secrets: [SecretText]?

    /// nil when the address could not be read, which is reported.
    var outcome: ReceiverOutcome? {
        address.map { address in
            address.isEmpty
                ? .off(key: "url", address.text)
                : .kind(.webhook(url: address.text.secret, keys: keys.map(\.secret)))
        }
    }

    private var keys: [SecretText] { (secrets ?? []).filter { !$0.isEmpty } }

    fileprivate func check(_ node: YAMLNode, _ reading: inout Reading) {
        reading.checkIsEncrypted(address)
        for key in keys where !key.secret.reveal().hasPrefix(Self.prefix) {
            guard key.secret.reveal().utf8.count < Self.lengths.lowerBound else { continue }
            reading.warning(
                "this secret\(key.origin) is shorter than \(Self.lengths.lowerBound) bytes, and so may be guessed",
                at: key.place, hint: "make one with: openssl rand -base64 32")
        }
        // Who has no key to read is told nothing new, and what stays on this machine can't be forged from outside.
        guard let url = address?.url, !url.isLoopback, keys.isEmpty, !node.has("secret") || secrets != nil,
            node.hasOnly(["url", "secret"])
        else {
            return
        }
        let empty = secrets?.first
        reading.warning(
            "messages to this webhook are not signed, so whoever learns its address can forge them",
            at: empty?.place ?? address?.text.place ?? node.place,
            hint: "\(empty?.remedy("fill it in") ?? "add a \"secret\"") to have them signed")
    }

    /// Of a key in the form of Standard Webhooks.
    fileprivate static let prefix = "whsec_"
    /// Bytes a key of Standard Webhooks has.
    fileprivate static let lengths = 24...64
}

extension Form where Draft == WebhookDraft {
    static var webhook: Reader<WebhookDraft> {
        let form = Form(
            noun: "a webhook receiver",
            fields: [
                Field(
                    "url", \.address,
                    .address(
                        .web(
                            example: "https://example.com/alerts",
                            userHint: "messages are signed instead: give it a \"secret\"")),
                    "The address that is called, best as ${VAR} from the environment; an empty one turns the receiver off."
                ),
                Field(
                    "secret", \.secrets,
                    Reader<SecretText>.signingKey.oneOrMore(atMost: 5, "keep the newest, and the one before it"),
                    "What messages are signed with, as Standard Webhooks has it; a list, newest first, while it changes."
                ),
            ],
            required: ["url"])
        return form.reader(.init()) { draft, node, reading in draft.check(node, &reading) }
    }
}

extension Reader where Value == SecretText {
    /// `whsec_` and base64 of 24 to 64 bytes, or any other text, which stands for its own bytes.
    fileprivate static var signingKey: Reader {
        let pattern = "^(?!whsec_)|\\$\\{|^whsec_[A-Za-z0-9+/]{32,86}={0,2}$"
        return .secret("a secret", .scalar(pattern: pattern)) { text in
            guard text.hasPrefix(WebhookDraft.prefix) else { return nil }
            guard let key = Data(base64Encoded: String(text.dropFirst(WebhookDraft.prefix.count))) else {
                return TextProblem(
                    says: "begins with whsec_, and what follows is not base64",
                    hint: "copy it again, whole, with the \"=\" at its end")
            }
            guard !WebhookDraft.lengths.contains(key.count) else { return nil }
            return TextProblem(
                says: "is not a key of 24 to 64 bytes behind its whsec_",
                hint: "make one with: openssl rand -base64 32")
        }
    }
}
