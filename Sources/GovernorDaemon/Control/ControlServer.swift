import Foundation
import GovernorAPI
import GovernorCore
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// Serves the control socket.
struct ControlServer: Sendable {
    /// Most connections at once, and how long one may be silent.
    static let connectionLimit = 1024
    static let idleLimit = TimeAmount.minutes(10)

    let file: SocketFile
    private let channel: any Channel

    /// Binds and begins to answer.
    init(
        path: String, service: ControlService, responder: SocketResponder, group: any EventLoopGroup, logger: Logger
    ) async throws {
        file = try SocketFile(path: path)
        let connections = ConnectionCount()
        channel = try await ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                guard connections.open(channel) else {
                    let full = ControlError(.unavailable, "more than \(Self.connectionLimit) connections are open")
                    return channel.eventLoop.makeCompletedFuture { try Self.refuse(channel, full) }
                }
                return Self.isOwn(channel, logger).flatMapThrowing { isOwn in
                    guard isOwn else {
                        return try Self.refuse(channel, ControlError(.forbidden, "this socket belongs to another user"))
                    }
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(IdleStateHandler(readTimeout: Self.idleLimit))
                    try pipeline.addHandler(ProtocolSniffer(service: service, responder: responder))
                }
            }
            .childChannelOption(.writeBufferWaterMark, value: .init(low: 1 << 20, high: 4 << 20))
            .withBoundSocket(file.descriptor).get()
        try file.restoreBacklog()
    }

    /// Stops listening and removes the socket.
    func close() async {
        defer { file.remove() }
        // A channel that is closed already has nothing left to close.
        do { try await channel.close() } catch { return }
    }

    /// What `SO_PEERCRED` gives.
    private struct Credentials: Sendable {
        var process: Int32 = 0
        var user: UInt32 = 0
        var group: UInt32 = 0
    }

    /// Whether it comes from the same user or root; the folder's and the socket's modes already keep others out.
    private static func isOwn(_ channel: any Channel, _ logger: Logger) -> EventLoopFuture<Bool> {
        guard let provider = channel as? any SocketOptionProvider else {
            return channel.eventLoop.makeSucceededFuture(true)
        }
        let name = NIOBSDSocket.Option(rawValue: SO_PEERCRED)
        return provider.unsafeGetSocketOption(level: .socket, name: name).map { (peer: Credentials) in
            if peer.user == getuid() || peer.user == 0 { return true }
            logger.warning("a connection of another user was refused", metadata: ["uid": "\(peer.user)"])
            return false
        }
    }

    private static func refuse(_ channel: any Channel, _ error: ControlError) throws {
        try channel.pipeline.syncOperations.addHandler(Refusal(error))
    }

    /// Says why and closes, once there is a connection to say it on: while it is set up nothing is written yet.
    private final class Refusal: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let error: ControlError

        init(_ error: ControlError) { self.error = error }

        func channelActive(context: ChannelHandlerContext) {
            var buffer = context.channel.allocator.buffer(bytes: error.body(id: nil))
            buffer.writeInteger(UInt8(0x0A))
            context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
            context.close(promise: nil)
        }
    }

    /// Counts open connections.
    private final class ConnectionCount: Sendable {
        private let count = Mutex(0)

        func open(_ channel: any Channel) -> Bool {
            let fits = count.withLock { count in
                if count < ControlServer.connectionLimit { count += 1 } else { return false }
                return true
            }
            if fits { channel.closeFuture.whenComplete { _ in self.count.withLock { $0 -= 1 } } }
            return fits
        }
    }
}
