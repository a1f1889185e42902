import GovernorCore

/// A receiver as its file says it.
struct ReceiverDraft {
    var slack: SlackDraft?
    var log: LogDraft?
    var groupWait: Span?
    var resolved: Bool?
    var allowPrivate: Bool?
    var caFile: String?

    /// nil when its kind could not be read, which is reported.
    func receiver(_ name: String) -> Receiver? {
        let kind: Receiver.Kind
        if let address = slack?.webhook {
            kind = address.isEmpty ? .off : .slack(webhook: address.secret)
        } else if log != nil {
            kind = .log
        } else {
            return nil
        }
        return Receiver(
            name: name, kind: kind, groupWait: groupWait, sendsResolved: resolved ?? true,
            allowsPrivate: allowPrivate ?? false, caFile: caFile)
    }
}

struct SlackDraft {
    var webhook: SecretAddress?
}

/// It has nothing to set.
struct LogDraft {}

/// An address that is a secret, with what a warning about an empty one needs.
struct SecretAddress {
    var secret: Secret
    var place: Place
    /// The variables it came from.
    var variables: [String]

    var isEmpty: Bool { secret.isEmpty }
}

extension Form where Draft == ReceiverDraft {
    static var receiver: Form {
        Form(
            noun: "a receiver",
            fields: [
                Field("slack", \.slack, Form<SlackDraft>.slack.reader(.init()), "An incoming webhook of Slack."),
                Field("log", \.log, .log, "Governor's own log."),
                Field("group_wait", \.groupWait, .spanOrZero, "How long alerts are gathered into one message."),
                Field("resolved", \.resolved, .flag, "Whether it is told when an alert is over; true if absent."),
                Field("allow_private", \.allowPrivate, .flag, "Whether its address may be in a private network."),
                Field("ca_file", \.caFile, .wholePath, "A further certificate authority, as a PEM file."),
            ],
            choice: Choice(noun: "kind", keys: ["slack", "log"] + Later.receiverKinds),
            later: Later.receiverKinds + Later.receiver)
    }
}

extension Form where Draft == SlackDraft {
    static var slack: Form {
        Form(
            noun: "a slack receiver",
            fields: [
                Field(
                    "webhook_url", \.webhook, .secretAddress,
                    "The webhook's address, best as ${VAR} from the environment; an empty one turns the receiver off.")
            ],
            required: ["webhook_url"])
    }
}

extension Reader where Value == ReceiverDraft {
    static var receiver: Reader { Form<ReceiverDraft>.receiver.reader(.init()) }
}

extension Reader where Value == LogDraft {
    /// `log: {}`, or `log:` alone.
    static var log: Reader {
        let form = Form<LogDraft>(noun: "an empty map, {}", fields: [])
        return Reader(noun: form.noun, shape: .either([.object(form.shape), .nothing])) { node, reading in
            switch node.content {
            case .scalar where node.isAbsent: return LogDraft()
            case .map(let entries) where entries.isEmpty: return LogDraft()
            case .map(let entries):
                for entry in entries {
                    reading.error("unknown key \(Quoting.quoted(entry.key))", at: entry.keyPlace, hint: "write log: {}")
                }
                return nil
            default:
                reading.mismatch(node, expected: form.noun)
                return nil
            }
        }
    }
}

extension Reader where Value == SecretAddress {
    static var secretAddress: Reader {
        Reader(noun: "an address", shape: .text(pattern: "^$|\\$\\{|\(Pattern.address)", example: "${SLACK_WEBHOOK}")) {
            node, reading in
            guard let text = Reader<Substituted>.substituted.read(node, &reading) else { return nil }
            guard text.text.isEmpty || WebAddress.isValid(text.text) else {
                let origin = text.variables.isEmpty ? "" : " (from \(Quoting.list(text.variables)))"
                reading.error(
                    "this\(origin) is not an http or https address", at: node.place,
                    hint: "it is not shown here, as it may be a secret")
                return nil
            }
            return SecretAddress(secret: Secret(text.text), place: node.place, variables: text.variables)
        }
    }
}

extension Reader where Value == String {
    /// A path from the root; where Governor was started must not decide which file it is.
    static var wholePath: Reader {
        Reader(noun: "a path", shape: .text(pattern: "^(?:/|\\$\\{)", example: "/etc/ssl/ours.pem")) { node, reading in
            guard let text = Reader<Substituted>.substituted.read(node, &reading)?.text else { return nil }
            if text.hasPrefix("/") || text.isEmpty && reading.mayLackSecrets { return text }
            reading.error("this path is not whole", at: node.place, hint: "begin it with \"/\"")
            return nil
        }
    }
}
