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
    func answer(_ head: HTTPRequestHead, body: ByteBuffer, on channel: any Channel) async throws {
        var fields = HTTPFields()
        for (name, value) in head.headers {
            if let name = HTTPField.Name(name) { fields.append(HTTPField(name: name, value: value)) }
        }
        let method = HTTPRequest.Method(head.method.rawValue) ?? .get
        let request = Request(
            head: HTTPRequest(
                method: method, scheme: "http", authority: "governor", path: head.uri, headerFields: fields),
            body: RequestBody(buffer: body))
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

/// Gathers a request and writes its response; the pipeline before it keeps pipelined requests in order.
final class SocketHTTPHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let responder: SocketResponder
    private var head: HTTPRequestHead?
    private var body = ByteBuffer()

    init(responder: SocketResponder) { self.responder = responder }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body.clear()
            let length = head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
            if length > Routes.bodyLimit { refuseBody(of: head, context) }
        case .body(var part):
            guard let head else { return }
            body.writeBuffer(&part)
            if body.readableBytes > Routes.bodyLimit { refuseBody(of: head, context) }
        case .end:
            guard let head else { return }
            self.head = nil
            answer(head, context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

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

    private func answer(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let (responder, body, channel) = (responder, body, context.channel)
        context.eventLoop.makeFutureWithTask {
            try await responder.answer(head, body: body, on: channel)
        }.whenComplete { result in
            // A stream that broke off must not look as if it had ended.
            if case .failure = result { return channel.close(promise: nil) }
            if !head.isKeepAlive { channel.close(promise: nil) }
        }
    }
}
