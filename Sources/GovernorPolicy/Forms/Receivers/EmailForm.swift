import GovernorCore

/// Mailboxes, and the server that takes letters to them.
struct EmailDraft {
    /// Those that are empty among them.
    var to: [SecretText]?
    var from: SecretText?
    var server: ReceiverAddress?
    var username: SecretText?
    var password: SecretText?
    var startTLS: Placed<EmailSettings.StartTLS>?

    /// nil when something of it could not be read, which is reported.
    var outcome: ReceiverOutcome? {
        guard let to, var first = to.first, let from, let server else { return nil }
        if server.isEmpty { return .off(key: "smtp", server.text) }
        let mailboxes = to.filter { !$0.isEmpty }
        if mailboxes.isEmpty {
            first.variables = to.flatMap(\.variables)
            return .off(key: "to", first)
        }
        if from.isEmpty { return .off(key: "from", from) }
        let name = username.flatMap { $0.isEmpty ? nil : $0.secret.reveal() }
        return .kind(
            .email(
                EmailSettings(
                    to: mailboxes.map { $0.secret.reveal() }, from: from.secret.reveal(), server: server.text.secret,
                    username: name, password: name == nil ? nil : password?.secret,
                    startTLS: startTLS?.value ?? .required)))
    }
}

extension Form where Draft == EmailDraft {
    static var email: Reader<EmailDraft> {
        let form = Form(
            noun: "an email receiver",
            fields: [
                Field(
                    "to", \.to,
                    Reader<SecretText>.mailAddress.oneOrMore(
                        atMost: 50, "write to a mailing list, or make a second receiver"),
                    "Whom letters go to: one mail address, or a list."),
                Field("from", \.from, .mailAddress, "The mail address that letters come from."),
                Field(
                    "smtp", \.server, .address(.mailServer),
                    "The mail server: smtps:// encrypts from the start, smtp:// by STARTTLS; an empty one turns the "
                        + "receiver off."),
                Field("username", \.username, .credential("a user name"), "Who logs in at the mail server."),
                Field(
                    "password", \.password, .credential("a password"),
                    "The password for it, best as ${VAR} from the environment."),
                Field(
                    "starttls", \.startTLS, Reader<EmailSettings.StartTLS>.startTLS.placed,
                    "Whether an smtp:// connection has to be encrypted: required if absent."),
            ],
            required: ["to", "from", "smtp"])
        return form.reader(.init()) { draft, node, reading in
            draft.checkMailboxes(&reading)
            draft.checkLogin(node, &reading)
            draft.checkEncryption(&reading)
        }
    }
}

extension EmailDraft {
    /// Those named twice, and those that came to nothing while others did not.
    fileprivate func checkMailboxes(_ reading: inout Reading) {
        var seen: Set<String> = []
        for mailbox in to ?? [] {
            if mailbox.isEmpty {
                guard to?.contains(where: { !$0.isEmpty }) == true, !reading.mayLackSecrets else { continue }
                reading.warning(
                    "nobody is written to here, since this is empty", at: mailbox.place,
                    hint: mailbox.variables.isEmpty ? "remove it" : "\(mailbox.remedy("")), or remove it")
            } else if !seen.insert(mailbox.secret.reveal().lowercased()).inserted {
                let shown = mailbox.isLiteral ? Quoting.quoted(mailbox.secret.reveal()) : "this\(mailbox.origin)"
                reading.error("\(shown) is in the list twice", at: mailbox.place)
            }
        }
    }

    /// Whoever logs in has a name and a password.
    fileprivate func checkLogin(_ node: YAMLNode, _ reading: inout Reading) {
        let keys = ["username", "password"].filter(node.has)
        if keys.count == 1, let given = username ?? password {
            let lacking = keys == ["username"] ? "password" : "username"
            return reading.error(
                "the \(keys[0]) of a mail server needs a \(lacking) beside it", at: given.place,
                hint: "add \"\(lacking)\", or remove it")
        }
        guard let username, let password, username.isEmpty != password.isEmpty, server?.isEmpty == false,
            !reading.mayLackSecrets
        else { return }
        let empty = username.isEmpty ? username : password
        reading.error(
            "the \(username.isEmpty ? "username" : "password") of the mail server is empty", at: empty.place,
            hint: empty.remedy("fill it in, or remove both"))
    }

    /// What `starttls` does not do, or lets happen.
    fileprivate func checkEncryption(_ reading: inout Reading) {
        guard let startTLS, let url = server?.url else { return }
        if url.scheme == "smtps" {
            reading.warning(
                "\"starttls\" does nothing here, since smtps is encrypted from the start", at: startTLS.place,
                hint: "remove it")
        } else if startTLS.value != .required, password?.isEmpty == false, !url.isLoopback {
            let how = startTLS.value == .off ? "goes" : "may go"
            reading.warning(
                "the password \(how) to the mail server in the clear, since starttls is \(startTLS.value.rawValue)",
                at: startTLS.place, hint: "make it required, or use smtps")
        }
    }
}

extension Reader where Value == EmailSettings.StartTLS {
    fileprivate static var startTLS: Reader {
        .choice("starttls", EmailSettings.StartTLS.allCases.map { ($0.rawValue, $0) })
    }
}

extension Reader where Value == SecretText {
    /// `finance@example.com`, the address alone.
    fileprivate static var mailAddress: Reader {
        let shape = Shape.text(pattern: "^$|\\$\\{|\(Pattern.mailAddress)", example: "finance@example.com")
        return .secret("a mail address", shape, isShown: true) { text in
            if EmailSettings.isAddress(text) { return nil }
            let parts = text.split { $0 == "," || $0 == ";" || $0.isWhitespace }.map(String.init)
            let areSeveral = parts.count > 1 && parts.allSatisfy(EmailSettings.isAddress)
            return TextProblem(
                says: "is not a mail address",
                hint: areSeveral
                    ? "write several as a list, each on its own"
                    : "write the address alone, such as finance@example.com")
        }
    }
}
