import NIOCore
import NIOHTTP1

/// Closes connections on which a request began and its head does not come to an end.
///
/// Bytes are seen by one handler, before they are decoded, and requests by another, right after; both live on one loop.
private final class HeadTimeout: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private static let limit = TimeAmount.seconds(10)

    private var timer: Scheduled<Void>?
    private var isPastHead = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if timer == nil, !isPastHead { start(context) }
        context.fireChannelRead(data)
    }

    func channelInactive(context: ChannelHandlerContext) {
        stop()
        context.fireChannelInactive()
    }

    fileprivate func note(_ part: HTTPServerRequestPart) {
        switch part {
        case .head:
            stop()
            isPastHead = true
        case .body: break
        case .end: isPastHead = false
        }
    }

    private func start(_ context: ChannelHandlerContext) {
        let channel = context.channel
        timer = context.eventLoop.scheduleTask(in: Self.limit) { channel.close(promise: nil) }
    }

    private func stop() {
        timer?.cancel()
        timer = nil
    }
}

/// Tells the timeout of the requests it waits for.
private final class HeadWatch: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart

    private let timeout: HeadTimeout

    init(_ timeout: HeadTimeout) { self.timeout = timeout }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        timeout.note(unwrapInboundIn(data))
        context.fireChannelRead(data)
    }
}

extension ChannelPipeline.SynchronousOperations {
    /// Bounds the time a head may take (`contract/http.md`).
    /// - Parameter position: before the decoder, which has to be there already.
    func addHeadTimeout(position: Position) throws {
        let timeout = HeadTimeout()
        let decoder = try handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
        try addHandler(HeadWatch(timeout), position: .after(decoder))
        try addHandler(timeout, position: position)
    }
}

/// What heads may have, on the socket and on TCP alike.
enum HeadLimits {
    /// Bytes of all header fields together, and so of each.
    static let bytes = 32 << 10
    static let fields = 256

    static let decoder: NIOHTTPDecoderLimitConfiguration = {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = bytes
        limits.maxHeaderListSize = bytes
        limits.maxHeaderFieldCount = fields
        return limits
    }()
}
