import GovernorCore

/// A service of PagerDuty.
struct PagerDutyDraft {
    var key: SecretText?
    var address: ReceiverAddress?

    /// Of PagerDuty's own, for accounts in its default region.
    static let usualURL = "https://events.pagerduty.com/v2/enqueue"

    /// nil when something of it could not be read, which is reported.
    var outcome: ReceiverOutcome? {
        key.map { key in
            if key.isEmpty { return .off(key: "routing_key", key) }
            let url = address.flatMap { $0.isEmpty ? nil : $0.text.secret } ?? Secret(Self.usualURL)
            return .kind(.pagerduty(url: url, routingKey: key.secret))
        }
    }

    fileprivate func check(_ reading: inout Reading) {
        reading.checkIsEncrypted(address)
        guard let key, !key.isEmpty else { return }
        let text = key.secret.reveal()
        let isUsual = text.utf8.count == 32 && Name.isValid(text) && !text.contains { "._-".contains($0) }
        guard !isUsual else { return }
        reading.warning(
            "this routing key\(key.origin) is not 32 letters and digits, as PagerDuty's are", at: key.place,
            hint: "copy the integration key of an Events API v2 integration")
    }
}

extension Form where Draft == PagerDutyDraft {
    static var pagerduty: Reader<PagerDutyDraft> {
        let form = Form(
            noun: "a pagerduty receiver",
            fields: [
                Field(
                    "routing_key", \.key, .credential("a routing key"),
                    "The integration key, best as ${VAR} from the environment; an empty one turns the receiver off."),
                Field(
                    "url", \.address,
                    .address(.web(example: PagerDutyDraft.usualURL, userHint: "the key goes into \"routing_key\"")),
                    "The address of the Events API; \(PagerDutyDraft.usualURL) if absent."),
            ],
            required: ["routing_key"])
        return form.reader(.init()) { draft, _, reading in draft.check(&reading) }
    }
}
