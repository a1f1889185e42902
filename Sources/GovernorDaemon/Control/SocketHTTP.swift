import GovernorAPI
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import Synchronization

/// What a request comes with: its connection too, for streams that have to end with it.
struct HTTPContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }
}

/// Puts requests of the control socket through the same routes that the TCP listener serves.
struct SocketResponder: Sendable {
    let respond: @Sendable (Request, HTTPContext) async throws -> Response
    let logger: Logger

    /// One whole request in, its response written out: as a whole where its length is known, in pieces where it is a
    /// stream.
    func answer(_ head: HTTPRequestHead, body: RequestBody, on channel: any Channel) async throws {
        var fields = HTTPFields()
        for (name, value) in head.headers {
            if let name = HTTPField.Name(name) { fields.append(HTTPField(name: name, value: value)) }
        }
        let method = HTTPRequest.Method(head.method.rawValue) ?? .get
        let request = Request(
            head: HTTPRequest(
                method: method, scheme: "http", authority: "governor", path: head.uri, headerFields: fields),
            body: body)
        let context = HTTPContext(source: ApplicationRequestContextSource(channel: channel, logger: logger))
        var response: Response
        do { response = try await respond(request, context) } catch {
            logger.error("a request on the control socket failed", metadata: ["error": "\(error)"])
            response = Routes.failure(ControlError(.unavailable, "the request failed: \(error)"))
        }
        let isWhole = response.body.contentLength != nil
        let whole = WholeBody()
        if isWhole {
            try await response.body.write(whole)
            response.headers[.contentLength] = String(whole.bytes.withLock { $0.readableBytes })
        }
        var headers = HTTPHeaders()
        for field in response.headers { headers.add(name: field.name.rawName, value: field.value) }
        let start = HTTPResponseHead(
            version: head.version, status: HTTPResponseStatus(statusCode: response.status.code), headers: headers)
        channel.write(HTTPServerResponsePart.head(start), promise: nil)
        if isWhole {
            channel.write(HTTPServerResponsePart.body(.byteBuffer(whole.bytes.withLock { $0 })), promise: nil)
        } else {
            try await response.body.write(Pieces(channel: channel))
        }
        try await channel.writeAndFlush(HTTPServerResponsePart.end(nil))
    }

    /// Writes a stream as it comes.
    private struct Pieces: ResponseBodyWriter {
        let channel: any Channel

        func write(_ buffer: ByteBuffer) async throws {
            try await channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(buffer)))
        }

        func finish(_ trailers: HTTPFields?) async throws {}
    }

    private final class WholeBody: ResponseBodyWriter {
        let bytes = Mutex(ByteBuffer())

        func write(_ buffer: ByteBuffer) async throws {
            bytes.withLock { _ = $0.writeImmutableBuffer(buffer) }
        }

        func finish(_ trailers: HTTPFields?) async throws {}
    }
}

/// Gathers a request and writes its response; the pipeline before it keeps pipelined requests in order. What may be of
/// any length (`Routes.streamed`) is handed on as it comes, and no faster than it is taken.
final class SocketHTTPHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let responder: SocketResponder
    private var head: HTTPRequestHead?
    private var body = ByteBuffer()
    /// The body of a request that is answered while it comes, and when all of it so far is taken.
    private var stream: (source: RequestBody.Source, taken: EventLoopFuture<Void>)?
    /// Pieces of it that were read and are not taken yet.
    private var waiting = 0

    init(responder: SocketResponder) { self.responder = responder }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            guard !Routes.streamed.contains(head.uri.prefix { $0 != "?" }) else { return begin(head, context) }
            self.head = head
            body.clear()
            let length = head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
            if length > Routes.bodyLimit { refuseBody(of: head, context) }
        case .body(var part):
            if stream != nil { return pass(part, context) }
            guard let head else { return }
            body.writeBuffer(&part)
            if body.readableBytes > Routes.bodyLimit { refuseBody(of: head, context) }
        case .end:
            if let (source, taken) = stream {
                stream = nil
                return taken.whenComplete { _ in source.finish() }
            }
            guard let head else { return }
            self.head = nil
            answer(head, RequestBody(buffer: body), context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    /// A sender that goes away in the middle has not sent the whole.
    func channelInactive(context: ChannelHandlerContext) {
        stream?.source.finish(BrokenOff())
        stream = nil
        context.fireChannelInactive()
    }

    private struct BrokenOff: Error, CustomStringConvertible {
        var description: String { "the connection was closed in the middle of the body" }
    }

    private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let (body, source) = RequestBody.makeStream()
        stream = (source, context.eventLoop.makeSucceededVoidFuture())
        answer(head, body, context)
    }

    /// Nothing more is read from the connection until all that was is taken: one piece read for each that is taken would
    /// let what waits grow with every read that brings several.
    private func pass(_ part: ByteBuffer, _ context: ChannelHandlerContext) {
        guard let (source, before) = stream else { return }
        let channel = context.channel
        waiting += 1
        channel.setOption(.autoRead, value: false).whenComplete { _ in }
        let taken = before.flatMap {
            channel.eventLoop.makeFutureWithTask { await source.yield(part) }
        }
        stream = (source, taken)
        let this = NIOLoopBound(self, eventLoop: context.eventLoop)
        taken.whenComplete { _ in
            this.value.waiting -= 1
            if this.value.waiting == 0 { channel.setOption(.autoRead, value: true).whenComplete { _ in } }
        }
    }

    /// Answers without waiting for the rest of it.
    private func refuseBody(of head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        self.head = nil
        body.clear()
        let error = ControlError(.tooLarge, "a body here has at most \(Routes.bodyLimit) bytes")
        let bytes = ByteBuffer(bytes: error.body(id: nil))
        let headers: HTTPHeaders = [
            "content-type": "application/json", "content-length": "\(bytes.readableBytes)", "connection": "close",
        ]
        let start = HTTPResponseHead(
            version: head.version, status: HTTPResponseStatus(statusCode: error.httpStatus), headers: headers)
        context.write(wrapOutboundOut(.head(start)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(bytes))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        context.close(promise: nil)
    }

    private func answer(_ head: HTTPRequestHead, _ body: RequestBody, _ context: ChannelHandlerContext) {
        let (responder, channel) = (responder, context.channel)
        let this = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.makeFutureWithTask {
            try await responder.answer(head, body: body, on: channel)
        }.whenComplete { result in
            // A stream that broke off must not look as if it had ended; and who was answered before the end of the body
            // would go on sending it to nobody.
            if case .failure = result { return channel.close(promise: nil) }
            if !head.isKeepAlive || this.value.stream != nil { channel.close(promise: nil) }
        }
    }
}
