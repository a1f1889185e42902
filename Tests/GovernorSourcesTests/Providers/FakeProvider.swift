import GovernorCore
import GovernorSources
import Synchronization

/// A provider that answers by the path, and a clock that its slowness moves.
final class FakeProvider: Sendable {
    typealias Reply = @Sendable (Asked) throws(ProviderFailure) -> ProviderAnswer

    /// One request as it came.
    struct Asked: Sendable {
        var path: String
        /// Decoded, in the order they came.
        var query: [(name: String, value: String)]
        var headers: [String: String]
        var timeLimit: Span
        /// From 1.
        var number: Int

        func value(_ name: String) -> String? { query.first { $0.name == name }?.value }
    }

    private struct State {
        var now: Timestamp
        var asked: [Asked] = []
    }

    private let state: Mutex<State>
    private let reply: Reply
    /// How long each answer takes.
    private let slowness: Span

    init(now: Timestamp = providerTime("2026-11-21T10:00:00Z"), slowness: Span = .zero, _ reply: @escaping Reply) {
        state = Mutex(State(now: now))
        self.slowness = slowness
        self.reply = reply
    }

    var asked: [Asked] { state.withLock { $0.asked } }
    var clock: @Sendable () -> Timestamp { { self.state.withLock { $0.now } } }

    var fetch: ProviderFetch {
        { request async throws(ProviderFailure) in
            let asked = self.state.withLock { state in
                state.now = state.now + self.slowness
                state.asked.append(Self.parsed(request, state.asked.count + 1))
                return state.asked[state.asked.count - 1]
            }
            return try self.reply(asked)
        }
    }

    func poller(_ provider: ReportingProvider) -> ProviderPoller {
        ProviderPoller(
            provider: provider, base: "http://127.0.0.1:1", key: Secret("sk-ant-admin-KEY"), fetch: fetch, clock: clock)
    }

    private static func parsed(_ request: ProviderRequest, _ number: Int) -> Asked {
        let parts = request.url.split(separator: "?", maxSplits: 1).map(String.init)
        let path = parts[0].replacing("http://127.0.0.1:1", with: "")
        let query = (parts.count > 1 ? parts[1] : "").split(separator: "&").map { pair in
            let sides = pair.split(separator: "=", maxSplits: 1).map { decoded(String($0)) }
            return (name: sides[0], value: sides.count > 1 ? sides[1] : "")
        }
        return Asked(
            path: path, query: query,
            headers: Dictionary(uniqueKeysWithValues: request.headers.map { ($0.name, $0.value.reveal()) }),
            timeLimit: request.timeLimit, number: number)
    }

    private static func decoded(_ text: String) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) {
                bytes.append(code)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension ProviderAnswer {
    /// 200 with this JSON.
    static func json(_ text: String) -> ProviderAnswer { ProviderAnswer(status: 200, body: Array(text.utf8)) }

    /// A page of buckets.
    static func page(_ data: String, next: String? = nil) -> ProviderAnswer {
        let more = next.map { "\"has_more\":true,\"next_page\":\"\($0)\"" } ?? "\"has_more\":false,\"next_page\":null"
        return json("{\"object\":\"page\",\"data\":[\(data)],\(more)}")
    }
}

/// An instant that must be readable: `2026-03-02T09:00:00Z`.
func providerTime(_ text: String) -> Timestamp {
    guard case .instant(let time)? = RFC3339.read(text.utf8) else { return .distantPast }
    return time
}
