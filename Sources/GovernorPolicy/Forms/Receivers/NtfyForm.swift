import GovernorCore

/// A topic of a server of ntfy.
struct NtfyDraft {
    var topic: ReceiverAddress?
    var token: SecretText?

    /// nil when the address could not be read, which is reported.
    var outcome: ReceiverOutcome? {
        topic.map { topic in
            topic.isEmpty
                ? .off(key: "url", topic.text)
                : .kind(.ntfy(topic: topic.text.secret, token: token.flatMap { $0.isEmpty ? nil : $0.secret }))
        }
    }
}

extension Form where Draft == NtfyDraft {
    static var ntfy: Reader<NtfyDraft> {
        let form = Form(
            noun: "an ntfy receiver",
            fields: [
                Field(
                    "url", \.topic, .address(.topic),
                    "The topic's address, such as https://ntfy.sh/mytopic; an empty one turns the receiver off."),
                Field("token", \.token, .token("a token"), "An access token, for topics that are protected."),
            ],
            required: ["url"])
        return form.reader(.init()) { draft, _, reading in reading.checkIsEncrypted(draft.topic) }
    }
}
