import GovernorCore

/// A receiver as its file says it.
struct ReceiverDraft {
    var slack: HookDraft?
    var email: EmailDraft?
    var webhook: WebhookDraft?
    var pagerduty: PagerDutyDraft?
    var discord: HookDraft?
    var teams: HookDraft?
    var ntfy: NtfyDraft?
    var log: LogDraft?
    var groupWait: Placed<Span>?
    var groupInterval: Placed<Span>?
    var repeatEvery: Placed<Span>?
    var resolved: Bool?
    var digest: DigestSchedule?
    var allowPrivate: Bool?
    var caFile: String?

    /// What its kind comes to; nil when that could not be read, which is reported.
    var outcome: ReceiverOutcome? {
        let all = [
            slack?.outcome { .slack(webhook: $0) }, email?.outcome, webhook?.outcome, pagerduty?.outcome,
            discord?.outcome { .discord(webhook: $0) }, teams?.outcome { .teams(webhook: $0) }, ntfy?.outcome,
            log.map { _ in .kind(.log) },
        ]
        return all.compactMap { $0 }.first
    }

    /// The server it speaks to.
    var address: ReceiverAddress? {
        slack?.webhook ?? email?.server ?? webhook?.address ?? pagerduty?.address ?? discord?.webhook ?? teams?.webhook
            ?? ntfy?.topic
    }

    /// nil when its kind could not be read, which is reported.
    func receiver(_ name: String) -> Receiver? {
        let kind: Receiver.Kind
        switch outcome {
        case nil: return nil
        case .kind(let known): kind = known
        case .off: kind = .off
        }
        return Receiver(
            name: name, kind: kind, groupWait: groupWait?.value, groupInterval: groupInterval?.value,
            // A mailbox is for reading later: that something was over by then is no news.
            repeatEvery: repeatEvery?.value, sendsResolved: resolved ?? (email == nil), digest: digest,
            allowsPrivate: allowPrivate ?? false, caFile: caFile)
    }
}

/// What the map of a receiver's kind comes to.
enum ReceiverOutcome {
    case kind(Receiver.Kind)
    /// What stands behind this key is empty, so that nothing can be sent.
    case off(key: String, SecretText)
}

extension Form where Draft == ReceiverDraft {
    static var receiver: Form {
        let kinds = kinds
        return Form(noun: "a receiver", fields: kinds + settings, choice: Choice(noun: "kind", keys: kinds.map(\.key)))
    }

    private static var kinds: [Field<ReceiverDraft>] {
        [
            Field("slack", \.slack, Form<HookDraft>.hook("slack"), "An incoming webhook of Slack."),
            Field("email", \.email, Form<EmailDraft>.email, "Mailboxes, by way of a mail server."),
            Field("webhook", \.webhook, Form<WebhookDraft>.webhook, "A program of your own, told in signed JSON."),
            Field(
                "pagerduty", \.pagerduty, Form<PagerDutyDraft>.pagerduty, "A service of PagerDuty, by Events API v2."),
            Field("discord", \.discord, Form<HookDraft>.hook("discord"), "A webhook of a Discord channel."),
            Field(
                "teams", \.teams, Form<HookDraft>.hook("teams"),
                "A workflow of Microsoft Teams that begins with a webhook."),
            Field("ntfy", \.ntfy, Form<NtfyDraft>.ntfy, "A topic of ntfy, for phones."),
            Field("log", \.log, .log, "Governor's own log."),
        ]
    }

    private static var settings: [Field<ReceiverDraft>] {
        [
            Field(
                "group_wait", \.groupWait, Reader<Span>.spanOrZero.placed,
                "How long alerts are gathered into one message."),
            Field(
                "group_interval", \.groupInterval, Reader<Span>.spanOrZero.placed,
                "How long after a message about a budget or rule a further change of it waits."),
            Field(
                "repeat_every", \.repeatEvery, Reader<Span>.repeatEvery.placed,
                "How often what goes on unchanged is told again."),
            Field(
                "resolved", \.resolved, .flag,
                "Whether it is told when an alert is over; true if absent, but false for email."),
            Field(
                "digest", \.digest, .digest, "Gathers its alerts into one report a day or a week, sent at that time."),
            Field("allow_private", \.allowPrivate, .flag, "Whether its address may be in a private network."),
            Field("ca_file", \.caFile, .wholePath, "A further certificate authority, as a PEM file."),
        ]
    }
}

extension Reader where Value == ReceiverDraft {
    static var receiver: Reader {
        Form<ReceiverDraft>.receiver.reader(.init()) { draft, node, reading in
            draft.checkDigest(&reading)
            draft.checkConsent(&reading)
        }
    }
}
