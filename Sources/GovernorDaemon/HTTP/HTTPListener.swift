import GovernorAPI
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

/// One TCP listener with its gate and its routes, which ends gracefully.
struct HTTPListener: Sendable {
    private let group: ServiceGroup

    /// - Parameters:
    ///   - address: port 0 takes a free one.
    ///   - onListening: called with the address as it is reached: `http://127.0.0.1:8787`.
    init(
        address: ListenAddress, gate: Gate, router: Router<HTTPContext>, loops: any EventLoopGroup,
        logger: Logger, onListening: @escaping @Sendable (String) -> Void
    ) {
        let application = Application(
            responder: GatedResponder(gate: gate, next: router.buildResponder()),
            server: HTTPServerBuilder {
                HTTPConnections(base: HTTP1Channel(responder: $0, configuration: Self.connections))
            },
            configuration: ApplicationConfiguration(address: .hostname(address.host, port: address.port)),
            onServerRunning: { channel in onListening("http://\(channel.localAddress.map(Self.shown) ?? "")") },
            eventLoopGroupProvider: .shared(loops), logger: logger)
        group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [.init(service: application, successTerminationBehavior: .gracefullyShutdownGroup)],
                logger: logger))
    }

    private static let connections = HTTP1Channel.Configuration(
        idleTimeout: .seconds(60),
        httpDecoderConfiguration: .init(
            maxHeaderFieldSize: HeadLimits.bytes, maxHeaderListSize: HeadLimits.bytes,
            maxHeaderFieldCount: HeadLimits.fields))

    /// Serves until `stop()`.
    func run() async throws { try await group.run() }

    /// Takes no more connections, and ends `run()` once the open ones are idle.
    func stop() async { await group.triggerGracefulShutdown() }

    private static func shown(_ address: SocketAddress) -> String {
        let host = address.ipAddress ?? "localhost"
        return "\(host.contains(":") ? "[\(host)]" : host):\(address.port ?? 0)"
    }
}

/// Waits until all listeners listen, then says so once.
final class Listening: Sendable {
    private let addresses: Mutex<[String]>
    private let count: Int
    private let onReady: @Sendable ([String]) -> Void

    init(count: Int, onReady: @escaping @Sendable ([String]) -> Void) {
        addresses = Mutex([])
        self.count = count
        self.onReady = onReady
    }

    func add(_ address: String) {
        let all = addresses.withLock { addresses in
            addresses.append(address)
            return addresses
        }
        if all.count == count { onReady(all.sorted()) }
    }
}

/// The gate before the routes of a TCP listener.
private struct GatedResponder<Next: HTTPResponder>: HTTPResponder where Next.Context == HTTPContext {
    let gate: Gate
    let next: Next

    func respond(to request: Request, context: HTTPContext) async throws -> Response {
        do { try gate.check(request) } catch { return Routes.failure(error) }
        return try await next.respond(to: request, context: context)
    }
}
