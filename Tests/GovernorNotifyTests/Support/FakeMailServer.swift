import Foundation
import Synchronization

/// A mail server on 127.0.0.1 that answers as its script says, each connection in a thread of its own.
final class FakeMailServer: Sendable {
    /// What is done at one stage of a conversation.
    enum Step: Sendable, Hashable {
        /// A reply line or several, without their ends.
        case say(String)
        /// The same, and then the connection ends.
        case sayLast(String)
        /// The connection ends without a word.
        case drop
        /// Nothing is said until the other side goes.
        case hang
    }

    enum Stage: String, Sendable, CaseIterable {
        case greeting, hello, startTLS, auth, mail, recipient, data, end, quit
    }

    /// What was seen of one transaction.
    struct Mail: Sendable {
        var sender: String
        var recipients: [String] = []
        var body = ""
    }

    /// What a server does at a stage for the nth time over all connections, from 0; nil for what a good one does.
    typealias Script = @Sendable (_ stage: Stage, _ number: Int, _ line: String) -> Step?

    let port: UInt16
    /// Each line as it comes, bodies aside.
    let arrivals: AsyncStream<String>
    private let listener: Int32
    private let seen: Seen

    private final class Seen: Sendable {
        struct State {
            var lines: [String] = []
            var mails: [Mail] = []
            var counts: [Stage: Int] = [:]
            var connections = 0
            var hung: Duration?
        }
        let state = Mutex(State())
    }

    /// - Parameter offers: the extensions EHLO is answered with.
    init(offers: [String] = ["AUTH PLAIN"], _ script: @escaping Script = { _, _, _ in nil }) throws {
        (listener, port) = try FakeReceiver.listen(backlog: 16)
        seen = Seen()
        let (arrivals, arrived) = AsyncStream.makeStream(of: String.self)
        self.arrivals = arrivals
        let (listener, seen) = (listener, seen)
        Thread.detachNewThread {
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { break }
                seen.state.withLock { $0.connections += 1 }
                Thread.detachNewThread {
                    Conversation(connection, offers: offers, script: script, seen: seen, arrived: arrived).hold()
                    close(connection)
                }
            }
            close(listener)
        }
    }

    deinit { shutdown(listener, Int32(SHUT_RDWR)) }

    var url: String { "smtp://127.0.0.1:\(port)" }
    /// Every line that came, bodies aside.
    var lines: [String] { seen.state.withLock { $0.lines } }
    /// Mails that were taken, or whose end was answered otherwise.
    var mails: [Mail] { seen.state.withLock { $0.mails } }
    /// How long the other side bore with the last silence, told as the arrival of `gone`.
    var hung: Duration? { seen.state.withLock { $0.hung } }
    static let gone = "(gone)"
    var connections: Int { seen.state.withLock { $0.connections } }

    /// One connection.
    private struct Conversation {
        private let connection: Int32
        private let offers: [String]
        private let script: Script
        private let seen: Seen
        private let arrived: AsyncStream<String>.Continuation

        init(
            _ connection: Int32, offers: [String], script: @escaping Script, seen: Seen,
            arrived: AsyncStream<String>.Continuation
        ) {
            self.arrived = arrived
            self.connection = connection
            self.offers = offers
            self.script = script
            self.seen = seen
        }

        func hold() {
            var reader = Reader(connection)
            guard answer(.greeting, "", "220 mail.example.com ESMTP") != nil else { return }
            var mail = Mail(sender: "")
            while let line = reader.line() {
                seen.state.withLock { $0.lines.append(line) }
                arrived.yield(line)
                var said: String?
                switch line.prefix(4).uppercased() {
                case "EHLO", "HELO":
                    let all = ["mail.example.com"] + offers
                    let reply = all.enumerated().map { "250\($0 == all.count - 1 ? " " : "-")\($1)" }
                    said = answer(.hello, line, reply.joined(separator: "\r\n"))
                case "STAR": said = answer(.startTLS, line, "220 go ahead")
                case "AUTH":
                    guard say("334 "), let secret = reader.line() else { return }
                    said = answer(.auth, secret, "235 welcome")
                case "MAIL":
                    mail = Mail(sender: line)
                    said = answer(.mail, line, "250 ok")
                case "RCPT":
                    mail.recipients.append(line)
                    said = answer(.recipient, line, "250 ok")
                case "DATA":
                    said = answer(.data, line, "354 go on")
                    guard said?.hasPrefix("354") == true else { break }
                    guard let body = reader.body() else { return }
                    mail.body = body
                    let whole = mail
                    seen.state.withLock { $0.mails.append(whole) }
                    said = answer(.end, body, "250 queued")
                case "QUIT":
                    _ = answer(.quit, line, "221 bye")
                    return
                default: said = answer(.hello, line, "500 what?")
                }
                guard said != nil else { return }
            }
        }

        /// What was said; nil when the conversation is over.
        private func answer(_ stage: Stage, _ line: String, _ good: String) -> String? {
            let number = seen.state.withLock { state in
                state.counts[stage, default: 0] += 1
                return state.counts[stage, default: 1] - 1
            }
            switch script(stage, number, line) ?? .say(good) {
            case .say(let reply): return say(reply) ? reply : nil
            case .sayLast(let reply):
                _ = say(reply)
                return nil
            case .drop: return nil
            case .hang:
                let began = ContinuousClock.now
                var byte: UInt8 = 0
                while recv(connection, &byte, 1, 0) > 0 {}
                seen.state.withLock { $0.hung = ContinuousClock.now - began }
                arrived.yield(FakeMailServer.gone)
                return nil
            }
        }

        private func say(_ text: String) -> Bool {
            let bytes = Array((text + "\r\n").utf8)
            return send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
        }
    }

    private struct Reader {
        private let connection: Int32
        private var bytes = Data()

        init(_ connection: Int32) { self.connection = connection }

        mutating func line() -> String? { upTo("\r\n") }

        /// The mail itself, its dots taken back.
        mutating func body() -> String? {
            guard let text = upTo("\r\n.\r\n") else { return nil }
            return text.replacingOccurrences(of: "\r\n..", with: "\r\n.")
        }

        private mutating func upTo(_ end: String) -> String? {
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let mark = Data(end.utf8)
            while true {
                if let found = bytes.range(of: mark) {
                    let text = String(decoding: bytes[..<found.lowerBound], as: UTF8.self)
                    bytes = Data(bytes[found.upperBound...])
                    return text
                }
                let count = recv(connection, &buffer, buffer.count, 0)
                guard count > 0 else { return nil }
                bytes += buffer[..<count]
            }
        }
    }
}
