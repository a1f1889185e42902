import GovernorCore

/// What was said between libcurl and a mail server in one transaction: the last command, and the reply to it.
///
/// libcurl has one code for 450 and 550, one for 452 and 554, and one for 454 and 535, and none tells who was meant. So
/// the reply itself decides, and the command it was given to (RFC 5321, 4.3.2).
package struct MailTalk: Hashable, Sendable {
    /// In the order in which they are said.
    package enum Command: Int, Sendable {
        /// Nothing was said yet; the server speaks first.
        case greeting
        case hello, startTLS, auth, mail, recipient
        case data

        /// `RCPT TO`; as the sentence "answered 550 to …" has it.
        var text: String {
            switch self {
            case .greeting: "the connection"
            case .hello: "EHLO"
            case .startTLS: "STARTTLS"
            case .auth: "AUTH"
            case .mail: "MAIL FROM"
            case .recipient: "RCPT TO"
            case .data: "DATA"
            }
        }

        init?(_ line: String) {
            let known: [(String, Command)] = [
                ("EHLO ", .hello), ("HELO ", .hello), ("STARTTLS", .startTLS), ("AUTH ", .auth), ("MAIL FROM:", .mail),
                ("RCPT TO:", .recipient), ("DATA\r\n", .data),
            ]
            guard let found = known.first(where: { line.hasPrefix($0.0) }) else { return nil }
            self = found.1
        }
    }

    package private(set) var last: Command
    /// The lines of the reply to it, as far as it came.
    private var lines: [String] = []
    /// Whether libcurl has taken its leave; what the server says to that is no reply of interest.
    package private(set) var isOver = false
    /// Whether the server has asked for the mail itself (354): from then on it may have taken it.
    package private(set) var isBodyWanted = false

    /// - Parameter last: what was said last on a connection that is used again.
    package init(last: Command = .greeting) { self.last = last }

    /// - Parameter line: a line that libcurl sent; only its beginning is looked at.
    mutating func said(_ line: String) {
        if line.hasPrefix("QUIT") { isOver = true }
        // What is no command is an answer to a question of AUTH's, which may look like anything. None of them comes
        // before one that was said already, but that EHLO is said again after STARTTLS.
        guard let command = Command(line), command.rawValue >= last.rawValue || last == .startTLS else { return }
        last = command
        lines = []
    }

    mutating func heard(_ line: String) {
        guard !isOver, lines.count < 20 else { return }
        if last == .data, !isBodyWanted, line.hasPrefix("354") {
            isBodyWanted = true
            return
        }
        lines.append(line)
    }

    /// The code of the reply, 200 to 599; nil when none came, or none that makes sense.
    package var code: Int? {
        guard let digits = lines.last?.prefix(3), digits.count == 3, digits.allSatisfy({ $0.isASCII && $0.isNumber }),
            let code = Int(digits), (200...599).contains(code)
        else { return nil }
        return code
    }

    /// Whether anything came as a reply.
    package var isAnswered: Bool { !lines.isEmpty }

    /// What the server says beside the code, on one line, cleaned and short; empty when it says nothing.
    package var text: String {
        let said = lines.suffix(4).map { line in
            let rest = code == nil ? line[...] : line.dropFirst(3)
            return rest.drop { $0 == "-" || $0 == " " }.split { $0.isWhitespace }.joined(separator: " ")
        }
        return Message.clean(said.filter { !$0.isEmpty }.joined(separator: " "), limit: 200)
    }
}
