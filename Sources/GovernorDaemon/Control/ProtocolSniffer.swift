import GovernorAPI
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1

/// Looks at a connection's first byte: `{` is NDJSON, a letter is HTTP/1.1, anything else is neither.
final class ProtocolSniffer: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let service: ControlService
    private let responder: SocketResponder

    init(service: ControlService, responder: SocketResponder) {
        self.service = service
        self.responder = responder
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let first = unwrapInboundIn(data).readableBytesView.first else { return }
        do {
            switch first {
            case UInt8(ascii: "{"), 0x0A, 0x0D, 0x20:
                try context.pipeline.syncOperations.addHandler(LineHandler(service: service), position: .after(self))
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"):
                let pipeline = context.pipeline.syncOperations
                try pipeline.configureHTTPServerPipeline(
                    withErrorHandling: true, withEncoderConfiguration: .init(),
                    withDecoderLimitConfiguration: HeadLimits.decoder)
                try pipeline.addHeadTimeout(position: .after(self))
                try pipeline.addHandler(SocketHTTPHandler(responder: responder))
            default:
                let error = ControlError(.badRequest, "a connection begins with { for NDJSON or with an HTTP method")
                var buffer = context.channel.allocator.buffer(bytes: error.body(id: nil))
                buffer.writeInteger(UInt8(0x0A))
                context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
                context.close(promise: nil)
                return
            }
        } catch {
            context.close(promise: nil)
            return
        }
        context.fireChannelRead(data)
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }
}
