import GovernorAPI
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import Synchronization

/// Puts requests of the control socket through the same routes that the TCP listener serves.
struct SocketResponder: Sendable {
    let respond: @Sendable (Request, BasicRequestContext) async throws -> Response
    let logger: Logger

    /// One whole request in, one whole response out.
    func answer(_ head: HTTPRequestHead, body: ByteBuffer, on channel: any Channel) async -> (
        HTTPResponseHead, ByteBuffer
    ) {
        var fields = HTTPFields()
        for (name, value) in head.headers {
            if let name = HTTPField.Name(name) { fields.append(HTTPField(name: name, value: value)) }
        }
        let method = HTTPRequest.Method(head.method.rawValue) ?? .get
        let request = Request(
            head: HTTPRequest(
                method: method, scheme: "http", authority: "governor", path: head.uri, headerFields: fields),
            body: RequestBody(buffer: body))
        let context = BasicRequestContext(source: ApplicationRequestContextSource(channel: channel, logger: logger))
        let writer = WholeBody()
        var status = HTTPResponse.Status.internalServerError
        var headers = HTTPHeaders()
        do {
            let response = try await respond(request, context)
            status = response.status
            for field in response.headers { headers.add(name: field.name.rawName, value: field.value) }
            try await response.body.write(writer)
        } catch {
            logger.error("a request on the control socket failed", metadata: ["error": "\(error)"])
        }
        let bytes = writer.bytes.withLock { $0 }
        headers.replaceOrAdd(name: "content-length", value: String(bytes.readableBytes))
        return (
            HTTPResponseHead(
                version: head.version, status: HTTPResponseStatus(statusCode: status.code), headers: headers), bytes
        )
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
        case .body(var part):
            body.writeBuffer(&part)
            if body.readableBytes > Routes.bodyLimit { context.close(promise: nil) }
        case .end:
            guard let head else { return }
            self.head = nil
            answer(head, context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func answer(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let (responder, body, channel) = (responder, body, context.channel)
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        context.eventLoop.makeFutureWithTask {
            await responder.answer(head, body: body, on: channel)
        }.whenSuccess { response in
            let (handler, context) = bound.value
            context.write(handler.wrapOutboundOut(.head(response.0)), promise: nil)
            context.write(handler.wrapOutboundOut(.body(.byteBuffer(response.1))), promise: nil)
            let written = context.eventLoop.makePromise(of: Void.self)
            context.writeAndFlush(handler.wrapOutboundOut(.end(nil)), promise: written)
            if !head.isKeepAlive {
                written.futureResult.whenComplete { _ in bound.value.context.close(promise: nil) }
            }
        }
    }
}
