import GovernorCore

extension ReceiverDraft {
    /// What a digest makes pointless.
    func checkDigest(_ reading: inout Reading) {
        guard digest != nil else { return }
        let settings = [("group_wait", groupWait), ("group_interval", groupInterval), ("repeat_every", repeatEvery)]
        for (key, setting) in settings {
            guard let setting else { continue }
            reading.warning(
                "\"\(key)\" does nothing here, since this receiver gathers a digest", at: setting.place,
                hint: "remove it, or the digest")
        }
    }

    /// An address that is certain to be refused when it is connected.
    func checkConsent(_ reading: inout Reading) {
        guard let address, address.url?.isLoopback == true, allowPrivate != true else { return }
        reading.warning(
            "this address is on this machine, and nothing is sent there without consent", at: address.text.place,
            hint: "add \"allow_private: true\" to the receiver")
    }
}

extension Reader where Value == Span {
    /// How often something is said again; less than a minute is noise.
    static var repeatEvery: Reader {
        .span(from: .minutes(1), upTo: Span(milliseconds: .max), hint: "it is one minute or longer, such as 4h")
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
