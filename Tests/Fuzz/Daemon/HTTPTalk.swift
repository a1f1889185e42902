import GovernorAPI
import GovernorCore
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Synchronization

/// What was answered to bytes that are HTTP, as far as it depends on them alone.
struct HTTPTalk: Hashable {
    var answers: [String] = []
    var isClosed = false

    private init(_ answer: Talk.Answer) {
        isClosed = answer.isClosed
        var rest = answer.bytes[...]
        while !rest.isEmpty { answers.append(Self.response(&rest)) }
    }

    /// Asks, and waits until every request that arrived is answered.
    static func atRest(_ daemon: FuzzedDaemon, _ bytes: [UInt8]) async -> HTTPTalk {
        var talk = await Talk(daemon)
        await talk.say([bytes[0]], cuts: [])
        let open = OpenRequests()
        let channel = talk.channel
        do {
            try await channel.testingEventLoop.executeInContext {
                let pipeline = channel.pipeline.syncOperations
                try pipeline.addHandler(open, position: .before(try pipeline.handler(type: SocketHTTPHandler.self)))
            }
        } catch { fatalError("the connection speaks no HTTP: \(error)") }
        await talk.say(Array(bytes.dropFirst()), cuts: [])
        await talk.hear { _ in open.count.load(ordering: .sequentiallyConsistent) == 0 }
        return HTTPTalk(await talk.end())
    }

    /// Asks the same in other pieces, and waits for as much as was answered before.
    static func until(_ before: HTTPTalk, _ daemon: FuzzedDaemon, _ bytes: [UInt8], cuts: [Int]) async -> HTTPTalk {
        var talk = await Talk(daemon)
        await talk.say(bytes, cuts: cuts)
        await talk.hear { !before.isClosed && HTTPTalk($0).answers.count >= before.answers.count }
        return HTTPTalk(await talk.end())
    }

    /// Takes one response off the front, which has to be whole.
    private static func response(_ bytes: inout ArraySlice<UInt8>) -> String {
        guard let headEnd = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return cut(&bytes) }
        let lines = String(decoding: bytes[..<headEnd.lowerBound], as: UTF8.self).split(separator: "\r\n")
        guard let first = lines.first, first.hasPrefix("HTTP/1."), let status = Int(first.dropFirst(9).prefix(3)) else {
            fatalError("no response begins so: \(lines)")
        }
        var fields: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { fatalError("no header looks so: \(line)") }
            fields[parts[0].lowercased()] = parts[1].trimmingPrefix(" ").lowercased()
        }
        let length = fields["content-length"].flatMap(Int.init) ?? 0
        bytes = bytes[headEnd.upperBound...]
        guard bytes.count >= length else { return cut(&bytes) }
        let body = bytes.prefix(length)
        bytes = bytes.dropFirst(length)
        if fields["content-type"] == "application/json" { _ = Reply.object(body) }
        if status == 400 { return body.isEmpty ? noHTTP : Reply.shape(Reply.object(body)) }
        // Whether a hold is known and whether it has ended depends on what was asked before.
        return [200, 404, 409, 410].contains(status) ? "answered" : "\(status)"
    }

    /// The answer to bytes that are no HTTP.
    private static let noHTTP = "no HTTP"

    /// Whether both may be answers to the same bytes. Where they stop being HTTP the connection is closed at once, and
    /// answers that are still being made are lost: how many depends on how soon the bytes came.
    func agrees(with other: HTTPTalk) -> Bool {
        if self == other { return true }
        let (short, long) = answers.count < other.answers.count ? (answers, other.answers) : (other.answers, answers)
        return isClosed && other.isClosed && long.last == Self.noHTTP && long.starts(with: short)
    }

    /// A response that is still being written.
    private static func cut(_ bytes: inout ArraySlice<UInt8>) -> String {
        bytes = []
        return "cut off"
    }
}

/// Counts the requests of a connection that are not answered yet.
private final class OpenRequests: ChannelDuplexHandler, Sendable {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    let count = Atomic(0)
    private let isLast = Atomic(false)

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): isLast.store(!head.isKeepAlive, ordering: .sequentiallyConsistent)
        case .body: break
        case .end: count.add(1, ordering: .sequentiallyConsistent)
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        // The next request is let through while this is written: it has to be counted before this one is not. One that
        // ends its connection is open until that is closed.
        let endsIt = isLast.load(ordering: .sequentiallyConsistent)
        let isAnswered = if case .end = unwrapOutboundIn(data) { !endsIt } else { false }
        context.write(data, promise: promise)
        if isAnswered { count.subtract(1, ordering: .sequentiallyConsistent) }
    }
}
