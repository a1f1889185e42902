import GovernorCore
import Hummingbird
import Logging
import NIOCore

/// A Slack that only listens: takes incoming-webhook posts and shows their text.
struct DemoSlack: Sendable {
    private let logger: Logger
    private let show: @Sendable (String) -> Void
    private let bound: AsyncStream<String>
    private let bind: AsyncStream<String>.Continuation

    init(logger: Logger, show: @escaping @Sendable (String) -> Void) {
        self.logger = logger
        self.show = show
        (bound, bind) = AsyncStream.makeStream(of: String.self)
    }

    /// Its webhook, once it listens.
    var address: String {
        get async {
            for await address in bound { return address }
            return ""
        }
    }

    func run() async throws {
        let router = Router(context: BasicRequestContext.self)
        router.post("hook") { request, _ in
            let body = try await request.body.collect(upTo: 1 << 20)
            let text = (try? JSONReader.read(body.readableBytesView))?["text"]?.string ?? ""
            show(text.split(separator: "\n").first.map(String.init) ?? "")
            return "ok"
        }
        let application = Application(
            router: router, configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in
                bind.yield("http://127.0.0.1:\(channel.localAddress?.port ?? 0)/hook")
                bind.finish()
            }, logger: logger)
        try await application.run()
    }
}
