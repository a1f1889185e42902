import CCurl
package import GovernorCore

/// A mail as it is handed to libcurl.
package struct CurlMail: Sendable {
    /// Plain addresses, whose form was checked; libcurl puts them on the wire as they are.
    package var sender: String
    /// Whole header lines without line ends.
    package var headers: [String]
    /// With LF or CR LF as line ends.
    package var text: String
    package var html: String

    package init(sender: String, headers: [String], text: String, html: String) {
        self.sender = sender
        self.headers = headers
        self.text = text
        self.html = html
    }

    fileprivate static func bytes(_ text: String) -> [UInt8] {
        // Quoted-printable keeps CR LF as the end of a line and would write an LF of its own as data.
        Array(text.replacing("\r\n", with: "\n").replacing("\r", with: "\n").replacing("\n", with: "\r\n").utf8)
    }
}

extension CurlClient {
    /// Filtering a mail may take a server a minute, and one that is told twice is worse than one that waits.
    private static let patience: Int64 = 4

    /// Sends a mail to each recipient in a transaction of its own, over one connection for as long as the server keeps
    /// it; libcurl opens another after a recipient that was not taken.
    ///
    /// - Returns: how it ended for each recipient, up to the first at which there was nothing more to be said.
    /// - Throws: when not even the first could be begun.
    package func send(
        _ mail: CurlMail, to recipients: [String], by server: WebAddress, settings: EmailSettings
    ) async throws(DeliveryFailure) -> [(recipient: String, verdict: MailVerdict)] {
        try await onQueue { stop throws(DeliveryFailure) in
            try transfer(mail, to: recipients, by: server, settings: settings, stop: stop)
        }
    }

    private func transfer(
        _ mail: CurlMail, to recipients: [String], by server: WebAddress, settings: EmailSettings,
        stop: CurlExchange.Stop
    ) throws(DeliveryFailure) -> [(recipient: String, verdict: MailVerdict)] {
        var handle = try handle(
            for: server, protocols: Int(CURLPROTO_SMTP | CURLPROTO_SMTPS), patience: Self.patience, stop: stop)
        try handle.hearCommands()
        try handle.set(CURLOPT_SERVER_RESPONSE_TIMEOUT, Int(max(1, timeouts.total.milliseconds * Self.patience / 1000)))
        try handle.set(CURLOPT_USE_SSL, Self.security(settings.startTLS))
        if let username = settings.username { try handle.set(CURLOPT_USERNAME, username) }
        if let password = settings.password { try handle.set(CURLOPT_PASSWORD, password.reveal()) }
        try handle.set(CURLOPT_MAIL_FROM, mail.sender)
        try handle.setHeaders(mail.headers)
        try handle.setForms([
            ("text/plain; charset=utf-8", CurlMail.bytes(mail.text)),
            ("text/html; charset=utf-8", CurlMail.bytes(mail.html)),
        ])
        let secrets = MailSecrets(settings)
        let shown = { (text: String) in server.redacted(secrets.hidden(in: text)) }
        var ends: [(recipient: String, verdict: MailVerdict)] = []
        for (index, recipient) in recipients.enumerated() {
            // After the last one libcurl leaves at once: left to its clean-up, it waits two minutes for a server that
            // does not say goodbye, and hears of no cancellation.
            try handle.set(CURLOPT_FORBID_REUSE, index == recipients.count - 1 ? 1 : 0)
            try handle.setRecipients([recipient])
            // On a connection that is used again EHLO was said long ago.
            handle.exchange.talk = MailTalk(last: index == 0 ? .greeting : .hello)
            handle.forgetDetail()
            let code = handle.perform()
            let talk = handle.exchange.talk
            let trouble =
                code == CURLE_OK ? nil : failure(code, of: handle, at: server, wasSent: talk.last != .greeting)
            let verdict = MailVerdict(talk, trouble: trouble, recipient: recipient, server: server.shown, shown: shown)
            ends.append((recipient, verdict))
            if verdict.isLast { break }
        }
        return ends
    }

    private static func security(_ startTLS: EmailSettings.StartTLS) -> Int {
        switch startTLS {
        case .required: Int(CURLUSESSL_ALL.rawValue)
        case .optional: Int(CURLUSESSL_TRY.rawValue)
        case .off: Int(CURLUSESSL_NONE.rawValue)
        }
    }
}
