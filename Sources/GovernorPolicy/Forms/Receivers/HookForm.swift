import GovernorCore

/// An address that a chat made for messages from outside: of Slack, Discord or Teams.
struct HookDraft {
    var webhook: ReceiverAddress?

    /// nil when the address could not be read, which is reported.
    func outcome(_ kind: (Secret) -> Receiver.Kind) -> ReceiverOutcome? {
        webhook.map { $0.isEmpty ? .off(key: "webhook_url", $0.text) : .kind(kind($0.text.secret)) }
    }
}

extension Form where Draft == HookDraft {
    /// - Parameter chat: `slack`.
    static func hook(_ chat: String) -> Reader<HookDraft> {
        let form = Form(
            noun: "a \(chat) receiver",
            fields: [
                Field(
                    "webhook_url", \.webhook, .address(.web(example: "${\(chat.uppercased())_WEBHOOK}")),
                    "The webhook's address, best as ${VAR} from the environment; an empty one turns the receiver off.")
            ],
            required: ["webhook_url"])
        return form.reader(.init()) { draft, _, reading in reading.checkIsEncrypted(draft.webhook) }
    }
}
