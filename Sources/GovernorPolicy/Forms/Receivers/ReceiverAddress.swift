import GovernorCore

/// Where a receiver is: a secret, since the path of a webhook is its password.
struct ReceiverAddress {
    var text: SecretText
    /// nil for an empty one, which turns the receiver off.
    var url: ReceiverURL?

    var isEmpty: Bool { text.isEmpty }
}

/// A URL in its parts, looked at as far as a slip of the pen shows.
struct ReceiverURL {
    /// Small letters.
    var scheme: String
    /// Small letters, without brackets.
    var host: String
    /// From the first `/`, `?` or `#` on.
    var path: Substring

    /// - Throws: what is wrong with it, without any part of it.
    init(_ text: String, of kind: AddressKind) throws(TextProblem) {
        let isPlain = text.utf8.allSatisfy {
            $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
        }
        guard isPlain, text.utf8.count <= 2048,
            let scheme = kind.schemes.first(where: { text.lowercased().hasPrefix("\($0)://") })
        else { throw kind.misfit }
        let rest = text.dropFirst(scheme.count + 3)
        let authority = rest.prefix { !"/?#".contains($0) }
        guard !authority.contains("@") else {
            throw TextProblem(says: "has a user name in it", hint: kind.userHint)
        }
        let host: Substring
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { throw kind.misfit }
            host = authority[...end]
        } else {
            host = authority.prefix { $0 != ":" }
        }
        guard !host.isEmpty, host != "[]" else { throw kind.misfit }
        let port = authority.dropFirst(host.count)
        if !port.isEmpty {
            let number = port.hasPrefix(":") && Digits.areAll(port.dropFirst()) ? Int(port.dropFirst()) : nil
            guard let number, (1...65_535).contains(number) else {
                throw TextProblem(says: "has no port behind its host", hint: "a port is a number from 1 to 65535")
            }
        }
        self.scheme = scheme
        self.host = host.lowercased().filter { $0 != "[" && $0 != "]" }
        path = rest.dropFirst(authority.count)
        if let problem = kind.problem(self) { throw problem }
    }

    /// Whether it is this machine, by its name or number alone.
    var isLoopback: Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        let isNumber = parts.count == 4 && parts.allSatisfy { !$0.isEmpty && Digits.areAll($0) }
        return host == "localhost" || host.hasSuffix(".localhost") || host == "::1" || isNumber && parts[0] == "127"
    }
}

extension Reader where Value == ReceiverAddress {
    static func address(_ kind: AddressKind) -> Reader {
        let shape = Shape.text(pattern: "^$|\\$\\{|\(kind.pattern)", example: kind.example)
        let text = Reader<SecretText>.secret("an address", shape) { text in
            do throws(TextProblem) {
                _ = try ReceiverURL(text, of: kind)
                return nil
            } catch {
                return error
            }
        }
        return text.map { ReceiverAddress(text: $0, url: try? ReceiverURL($0.secret.reveal(), of: kind)) }
    }
}

extension Reading {
    /// Warns of what anybody in between can read.
    mutating func checkIsEncrypted(_ address: ReceiverAddress?) {
        guard let address, let url = address.url, url.scheme == "http", !url.isLoopback else { return }
        warning(
            "this address\(address.text.origin) is http, so what is sent there can be read on the way",
            at: address.text.place, hint: "use https")
    }
}
