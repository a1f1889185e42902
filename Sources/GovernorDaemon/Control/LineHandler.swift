import GovernorAPI
import GovernorCore
import NIOCore

/// NDJSON on one connection: a request a line, a reply a line, in order.
///
/// Checks are answered on the event loop. While an operation that must become durable is under way the next line waits,
/// so that a caller who records and then checks on one connection sees its own spend.
final class LineHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let service: ControlService
    private var unread = ByteBuffer()
    /// Bytes of `unread` that were already searched for a newline.
    private var searched = 0
    /// Replies of the lines at hand, written as one.
    private var replies = ByteBuffer()
    private var isWaiting = false
    private var isClosing = false
    private var isWatching = false

    init(service: ControlService) { self.service = service }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        guard !isClosing else { return }
        guard !isWatching else { return refuseMore(context) }
        unread.writeBuffer(&bytes)
        answerLines(context)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        flush(context)
        // A client that asks and never reads is dropped, never waited for.
        if !context.channel.isWritable { context.close(promise: nil) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // Who watches has nothing to say.
        if event is IdleStateHandler.IdleStateEvent, !isWatching { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func answerLines(_ context: ChannelHandlerContext) {
        while !isWaiting, !isClosing, !isWatching, let line = nextLine(context) {
            // An empty line is a keep-alive of some clients.
            if line.readableBytes > 0 { answer(line, context) }
        }
        unread.discardReadBytes()
    }

    private func nextLine(_ context: ChannelHandlerContext) -> ByteBuffer? {
        let view = unread.readableBytesView
        guard let newline = view[(view.startIndex + searched)...].firstIndex(of: 0x0A) else {
            searched = view.count
            if searched > ControlRequest.sizeLimit { refuseLength(context) }
            return nil
        }
        let length = newline - view.startIndex
        searched = 0
        guard length <= ControlRequest.sizeLimit else {
            refuseLength(context)
            return nil
        }
        let line = unread.readSlice(length: length)
        unread.moveReaderIndex(forwardBy: 1)
        return line
    }

    private func refuseLength(_ context: ChannelHandlerContext) {
        let error = ControlError(.tooLarge, "a line is longer than \(ControlRequest.sizeLimit) bytes")
        finish(context, with: error.body(id: nil))
    }

    private func answer(_ line: ByteBuffer, _ context: ChannelHandlerContext) {
        let request: ControlRequest
        do {
            request = try Self.request(line)
        } catch {
            // What is not even text can't be told apart into lines any more.
            if String(validating: line.readableBytesView, as: UTF8.self) == nil {
                finish(context, with: ControlError(.badRequest, "these bytes are not UTF-8").body(id: nil))
            } else {
                write(error.body)
            }
            return
        }
        if case .watch(let labels, let since) = request.operation {
            return watch(labels, since: since, id: request.id, context)
        }
        let loop = context.eventLoop
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: loop)
        isWaiting = true
        let now = service.answer(request) { reply in
            loop.execute {
                let (handler, context) = bound.value
                handler.isWaiting = false
                guard context.channel.isActive else { return }
                handler.write(reply.body)
                handler.answerLines(context)
                handler.flush(context)
            }
        }
        if let now {
            isWaiting = false
            write(now.body)
        }
    }

    /// From here on the connection is a stream.
    private func watch(_ labels: Labels, since: Int64?, id: JSON?, _ context: ChannelHandlerContext) {
        isWatching = true
        flush(context)
        if unread.readableBytes > 0 { return refuseMore(context) }
        let (service, channel) = (service, context.channel)
        context.eventLoop.makeFutureWithTask {
            for await line in service.session(labels, since: since, on: channel) {
                var buffer = channel.allocator.buffer(bytes: Reply.line(line, id: id, now: service.governor.clock()))
                buffer.writeInteger(UInt8(0x0A))
                try await channel.writeAndFlush(buffer)
            }
        }.whenComplete { _ in channel.close(promise: nil) }
    }

    private func refuseMore(_ context: ChannelHandlerContext) {
        isWatching = false
        finish(context, with: ControlError(.badRequest, "this connection watches; ask on another one").body(id: nil))
    }

    private static func request(_ line: ByteBuffer) throws(ControlRequest.Failure) -> ControlRequest {
        let result = line.withUnsafeReadableBytes { bytes in
            Result { () throws(ControlRequest.Failure) in try ControlRequest(bytes) }
        }
        return try result.get()
    }

    private func write(_ reply: [UInt8]) {
        replies.writeBytes(reply)
        replies.writeInteger(UInt8(0x0A))
    }

    private func flush(_ context: ChannelHandlerContext) {
        guard replies.readableBytes > 0 else { return }
        context.writeAndFlush(wrapOutboundOut(replies), promise: nil)
        // What was handed on is the channel's; a new buffer is cheaper than a copy of it.
        replies = context.channel.allocator.buffer(capacity: 512)
    }

    private func finish(_ context: ChannelHandlerContext, with reply: [UInt8]) {
        isClosing = true
        unread.clear()
        write(reply)
        flush(context)
        context.close(promise: nil)
    }
}
