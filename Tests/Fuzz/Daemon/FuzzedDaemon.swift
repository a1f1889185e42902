import Foundation
import GovernorAPI
import GovernorCore
import GovernorLedger
import GovernorPolicy
import Hummingbird
import Logging
import NIOCore
import Synchronization

/// What answers the control socket, wired as the daemon wires it, over a ledger of its own; its clock stands still.
struct FuzzedDaemon: Sendable {
    let service: ControlService
    let responder: SocketResponder
    private let ledger: Ledger
    private let folder: String

    /// So many inputs share a ledger: it costs milliseconds to make, and what they leave in it makes answers differ.
    private static let inputsEach = 256
    private static let now = Timestamp(seconds: 1_795_187_936)
    private static let shared = Mutex<(daemon: FuzzedDaemon, uses: Int)?>(nil)

    /// The one to ask now.
    static func current() -> FuzzedDaemon {
        shared.withLock { shared in
            if let present = shared, present.uses < inputsEach {
                shared = (present.daemon, present.uses + 1)
                return present.daemon
            }
            shared?.daemon.close()
            let daemon = FuzzedDaemon()
            shared = (daemon, 1)
            return daemon
        }
    }

    private init() {
        folder = "\(NSTemporaryDirectory())governor-fuzz-\(getpid())"
        // What nobody reads costs nobody time.
        let logger = Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() }
        do { ledger = try Ledger(folder: folder) } catch { fatalError("\(error)") }
        let governor: Governor
        do {
            governor = try Governor(ledger: ledger, policy: Self.policy, clock: { Self.now }, logger: logger)
        } catch { fatalError("\(error)") }
        let (sources, forecaster) = (SourceRegistry(), Forecaster(governor: governor, logger: logger))
        service = ControlService(
            governor: governor, sources: sources, forecaster: forecaster, providers: ProviderBoard([]),
            startedAt: Self.now, reload: { $0(nil) },
            send: { $0.answer(.delivered) })
        let routes = Routes(
            governor: governor, sources: sources, control: service,
            display: Display(governor: governor, forecaster: forecaster)
        ).all().buildResponder()
        responder = SocketResponder(
            respond: { request, context in
                var response = try await routes.respond(to: request, context: context)
                // A stream has no end to wait for; that it begins is all that is looked at.
                if response.body.contentLength == nil { response.body = ResponseBody() }
                return response
            }, logger: logger)
    }

    private static let policy: Policy = {
        let text = """
            version: 1
            timezone: UTC
            budgets:
              - { name: fleet-month, limit_usd: 5000, per: fleet, window: month, at: { 100%: { stop: true } } }
              - { name: worker-day, limit_usd: 25, per: worker, window: day, at: { 100%: { pause: until_reset } } }
            """
        let loading = PolicyLoader(environment: [:]).load(files: [(name: "policy.yaml", text: text)])
        guard let policy = loading.policy else { fatalError("\(loading.diagnostics)") }
        return policy
    }()

    private func close() {
        do {
            try ledger.close()
            try FileManager.default.removeItem(atPath: folder)
        } catch { fatalError("the ledger can't be put away: \(error)") }
    }
}
