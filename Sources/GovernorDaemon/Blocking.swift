import NIOCore
import NIOPosix

/// Runs asynchronous work to its end from a plain `main`. The command line's own `main` stays synchronous, since starting
/// the concurrency runtime would cost every `governor check` two milliseconds.
package enum Blocking {
    /// Blocks this thread until `body` has ended, and throws what it throws.
    package static func run(_ body: @escaping @Sendable () async throws -> Void) throws {
        try MultiThreadedEventLoopGroup.singleton.any().makeFutureWithTask { try await body() }.wait()
    }
}
