import AsyncAlgorithms
import Foundation
import GovernorAPI
package import GovernorCore
import GovernorLedger
import GovernorPolicy
import GovernorSources
import Hummingbird
package import Logging
import NIOCore
import NIOPosix
import UnixSignals

/// The daemon, wired in one straight line.
package struct Daemon: Sendable {
    private let options: DaemonOptions
    private let logger: Logger
    private let ledger: Ledger
    private let governor: Governor
    private let loader: PolicyLoader
    private let stamp: PolicyStamp
    private let forecaster: Forecaster
    private let sources: SourceRegistry
    private let roots: SourceRoots
    private let display: Display
    private let routes: Routes
    private let control: ControlServer
    private let delivering: DeliveryLoop
    private let polling: PollLoop
    private let tests: AsyncStream<TestRequest>
    private let policyNudges: AsyncStream<PolicyLoop.Nudge>
    private let nudgePolicy: AsyncStream<PolicyLoop.Nudge>.Continuation
    private let group: MultiThreadedEventLoopGroup

    /// What it says about itself once it is ready.
    package let summary: [(String, String)]

    /// Everything that can fail at start does so here: the policy, the ledger, the socket.
    package init(options: DaemonOptions, logger: Logger) async throws {
        CoreDumps.forbid()
        self.options = options
        self.logger = logger
        let startedAt = Self.wallClock()
        let exposed = [options.listen, options.isFeedOpen ? nil : options.feedListen].compactMap { $0 }
        for address in exposed where !address.isLoopback && options.token == nil {
            throw StartFailure(
                description: "\(address.host) is not loopback, so listening there needs a token in GOVERNOR_TOKEN "
                    + "(or --feed-open, for the display's paths alone)", exitCode: 64)
        }
        loader = PolicyLoader(environment: options.environment)
        stamp = PolicyStamp(folder: options.policies)
        let loading = loader.load(folder: options.policies)
        for diagnostic in loading.diagnostics where diagnostic.severity == .warning {
            logger.warning("policy", metadata: ["problem": "\(diagnostic)"])
        }
        guard let policy = loading.policy else {
            throw StartFailure(
                description: loading.diagnostics.map(\.description).joined(separator: "\n"), exitCode: 65)
        }
        do { ledger = try Ledger(folder: options.data) } catch {
            throw StartFailure(description: "\(error)", exitCode: 74)
        }
        governor = try Governor(ledger: ledger, policy: policy, clock: Self.wallClock, logger: logger)
        // The policy may have been edited, or the ledger be older than its order of authority.
        try governor.reauthorize()
        sources = SourceRegistry()
        roots =
            options.watch.isEmpty
            ? SourceRoots.defaults(
                environment: options.environment, home: options.environment["HOME"] ?? "",
                workingDirectory: FileManager.default.currentDirectoryPath)
            : SourceRoots(
                paths: options.watch.map {
                    $0.hasPrefix("/") ? $0 : FileManager.default.currentDirectoryPath + "/" + $0
                }, areRequired: true)
        forecaster = Forecaster(governor: governor, logger: logger)
        display = Display(governor: governor, forecaster: forecaster)
        let asking = ProviderSettings(environment: options.environment)
        if let warning = asking.warning { logger.warning("providers", metadata: ["problem": "\(warning)"]) }
        let providers = try Providers(asking, ledger: ledger, clock: Self.wallClock)
        polling = try PollLoop(
            governor: governor, sources: sources, providers: providers, logger: logger,
            jitter: { .random(in: 0...1) })
        let (nudges, nudge) = AsyncStream.makeStream(of: PolicyLoop.Nudge.self)
        (policyNudges, nudgePolicy) = (nudges, nudge)
        delivering = DeliveryLoop(
            governor: governor, forecaster: forecaster, logger: logger, jitter: { .random(in: 0...1) })
        let (tests, send) = AsyncStream.makeStream(of: TestRequest.self)
        self.tests = tests
        let service = ControlService(
            governor: governor, sources: sources, forecaster: forecaster, providers: providers.board,
            startedAt: startedAt,
            reload: { nudge.yield(.reload($0)) }, send: { send.yield($0) })
        routes = Routes(governor: governor, sources: sources, control: service, display: display)
        // One loop answers the control socket and HTTP: decisions are microseconds, and a second core is the writer's.
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let socketRoutes = routes.all().buildResponder()
        let responder = SocketResponder(
            respond: { try await socketRoutes.respond(to: $0, context: $1) }, logger: logger)
        do {
            control = try await ControlServer(
                path: options.socket, service: service, responder: responder, group: group, logger: logger)
        } catch { throw StartFailure(description: "\(error)", exitCode: 69) }
        summary = [
            ("policy", "\(options.policies) (revision \(policy.revision), \(policy.sizeText))"),
            ("ledger", ledger.path), ("socket", options.socket), ("watching", roots.paths.joined(separator: " ")),
            ("providers", providers.summary),
        ]
    }

    /// Runs until SIGTERM or SIGINT; SIGHUP reloads the policy.
    /// - Parameter onReady: called once everything listens, with the HTTP addresses.
    package func run(onReady: @escaping @Sendable ([String]) -> Void) async throws {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
        let watcher = try FileWatcher(roots: roots)
        let ingest = IngestLoop(
            governor: governor, sources: sources, roots: roots, reader: FileReader(), logger: logger)
        let ticking = TickLoop(governor: governor, sources: sources, display: display, logger: logger)
        let policing = PolicyLoop(governor: governor, loader: loader, folder: options.policies, logger: logger)
        let seconds = AsyncTimerSequence.repeating(every: .seconds(1), clock: .continuous)
        let moments = AsyncTimerSequence.repeating(every: .milliseconds(250), clock: .continuous)

        let retries = AsyncTimerSequence.repeating(every: .seconds(5), clock: .continuous)
        let minutes = AsyncTimerSequence.repeating(every: .seconds(60), clock: .continuous)
        let polls = AsyncTimerSequence.repeating(every: .seconds(1), clock: .continuous)
        let heartbeats = AsyncTimerSequence.repeating(every: .seconds(15), clock: .continuous)
        let listeners = self.listeners(Listening(count: options.feedListen == nil ? 1 : 2, onReady: onReady))

        // Listeners end when their open requests are answered; loops end when they are cancelled. The first of either
        // that ends, by a signal or by an error, ends all: none of the others ends by itself.
        let (ends, end) = AsyncStream.makeStream(of: (any Error)?.self)
        let cause = await withDiscardingTaskGroup { serving in
            for listener in listeners {
                serving.addTask {
                    do {
                        try await listener.run()
                        end.yield(nil)
                    } catch { end.yield(error) }
                }
            }
            let cause = await withDiscardingTaskGroup { loops in
                loops.addTask { await ingest.run(changes: merge(watcher, retries.map { _ in [.pass] })) }
                loops.addTask { await ticking.run(ticks: seconds) }
                loops.addTask { await HeartbeatLoop(watchers: governor.watchers).run(ticks: heartbeats) }
                loops.addTask { await ForecastLoop(forecaster: forecaster).run(ticks: minutes) }
                loops.addTask { await delivering.run(nudges: merge(governor.outboxChanges, moments.map { _ in })) }
                loops.addTask { await delivering.run(tests: tests) }
                loops.addTask { await polling.run(ticks: polls) }
                loops.addTask {
                    await policing.run(initial: stamp, nudges: merge(policyNudges, seconds.map { _ in .look }))
                }
                loops.addTask {
                    for await signal in signals {
                        guard signal == .sighup else { break }
                        nudgePolicy.yield(.reload { _ in })
                    }
                    end.yield(nil)
                }
                var first: (any Error)?
                for await cause in ends {
                    first = cause
                    break
                }
                logger.info("stopping")
                loops.cancelAll()
                return first
            }
            // Streams are open requests, and would be waited for.
            governor.watchers.close()
            for listener in listeners { await listener.stop() }
            return cause
        }
        watcher.stop()
        await control.close()
        try await group.shutdownGracefully()
        try ledger.close()
        if let cause { throw StartFailure(description: "HTTP can't be served: \(cause)", exitCode: 69) }
    }

    private func listeners(_ listening: Listening) -> [HTTPListener] {
        let names = ["localhost", "127.0.0.1", "::1"] + options.hosts.map { $0.lowercased() }
        let needsToken = { (address: ListenAddress) in !address.isLoopback }
        let gate = Gate(
            hosts: Set(names + [options.listen.host]), checksHost: true,
            token: needsToken(options.listen) ? options.token : nil)
        var listeners = [
            HTTPListener(
                address: options.listen, gate: gate, router: routes.all(), loops: group, logger: logger,
                onListening: listening.add)
        ]
        if let feed = options.feedListen {
            // A display is reached by whatever name its network gives this machine; there is nothing to post to.
            let isOpen = options.isFeedOpen || !needsToken(feed)
            let gate = Gate(hosts: [], checksHost: false, token: isOpen ? nil : options.token)
            listeners.append(
                HTTPListener(
                    address: feed, gate: gate, router: routes.feed(), loops: group, logger: logger,
                    onListening: listening.add))
        }
        return listeners
    }

    /// The wall clock, to the millisecond; the one place the daemon reads it.
    package static func wallClock() -> Timestamp {
        // Seconds of today as a double have room for a millionth; down, since the future has not begun.
        Timestamp(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down)))
    }
}
