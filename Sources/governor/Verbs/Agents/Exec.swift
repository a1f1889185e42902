import ArgumentParser
import Foundation
import GovernorAPI
import GovernorCore

/// Runs a worker on a leash.
struct Exec: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a worker: hold money for it, pause it and end it as the policy says.",
        discussion: """
            Reserves, then runs CMD in a process group of its own with the reservation and the labels in its
            environment (GOVERNOR_RESERVATION, GOVERNOR_WORKER …, OTEL_RESOURCE_ATTRIBUTES). While it runs, a pause
            stops the whole group where it is and lets it go on later; a stop asks it to end, and kills it after
            --grace. At its end the hold is settled from its usage. Input and output are the command's own; signals are
            passed on; what Governor does is said on standard error.

            A throttle's delay is waited for before the start; the cheaper model of a downgrade is in GOVERNOR_MODEL.
            `claude -p` gets what is left as its --max-budget-usd, unless it has one or the policy only observes.

            Processes that leave the group (setsid) are out of reach. Should this process be killed outright, the group
            is asked to end, and the hold runs out after --ttl.

            Exits as CMD does, with 128 and the number of a signal that ended it. Before the start: 2 paused, 69 no
            daemon, 126 and 127 CMD can't be run or found.

            EXAMPLES:
              governor exec --worker w-1 -- claude -p "fix the failing test"
              governor exec --worker w-1 --estimate-usd 0.40 --wait -- ./worker.sh
            """)

    @OptionGroup var labels: LabelOptions
    @OptionGroup var connection: Connection

    @Option(help: "Dollars to hold. Default: what such work has cost before.") var estimateUsd: String?
    @Option(help: "How long the hold outlives this process; it is kept while the work runs.") var ttl = "60s"
    @Option(help: "Your own name for this run; however often it is started there is one hold.") var key: String?
    @Flag(help: "When it may not start yet, wait until it may.") var wait = false
    @Option(help: "What to do when no daemon can be reached, before the start and later.")
    var onUnavailable: OnUnavailable = .pause
    @Option(help: "How long work that must end may take before it is killed.") var grace = "10s"
    @Argument(parsing: .postTerminator, help: "What to run.") var command: [String] = []

    func validate() throws {
        guard !command.isEmpty else {
            throw ValidationError("say what to run, behind --, as in: governor exec --worker w-1 -- ./worker.sh")
        }
    }

    func run() throws {
        let labels = try labels.labels()
        let ttl = try OptionValue.seconds(ttl, "--ttl") ?? 60
        guard let grace = Span(text: grace) else {
            throw ValidationError("--grace takes a duration such as 10s; got \(grace)")
        }
        let estimate = try OptionValue.dollars(estimateUsd, "--estimate-usd")
        let signals = Signals()
        var hold = WorkHold(
            connection: connection, labels: labels, estimate: estimate, ttl: ttl, key: key ?? "exec/\(UUID())")
        let gate = StartGate(signals: signals, waits: wait, onUnavailable: onUnavailable)
        let code: Int32
        do {
            let reply = try gate.admit(&hold)
            if key != nil, hold.reservation != nil { try refuseEnded(hold) }
            let heard = reply.flatMap(Heard.init)
            if let heard, let delay = heard.delay {
                LeashedRun.say("waiting \(delay.text) before the start: \(heard.why)")
                try gate.wait(delay, &hold)
            }
            let environment = WorkEnvironment.of(
                labels, reservation: hold.reservation, model: heard?.model, socket: absolute(connection.socketPath),
                over: ProcessInfo.processInfo.environment)
            var run = try LeashedRun(
                budgeted(reply, hold), environment: environment, hold: hold,
                leash: Leash(pausesWhenUnavailable: onUnavailable == .pause, grace: grace), grace: grace,
                signals: signals)
            code = run.run()
        } catch {
            _ = hold.end(with: "release")
            guard let failure = error as? ProcessGroup.Failure else { throw error }
            LeashedRun.say(failure.description)
            throw ExitCode(failure.exitCode)
        }
        throw ExitCode(code)
    }

    /// A key gives the same hold again, also when that has ended: then this run would have none.
    private func refuseEnded(_ hold: WorkHold) throws {
        guard let reply = try? hold.extend(), let error = Heard.error(reply), Heard.holdIsGone.contains(error.code)
        else { return }
        LeashedRun.say("the key \(key ?? "") belongs to work that has ended (\(error.code)); give this run another")
        throw ExitCode.badUsage
    }

    /// The command with a budget of its own where it takes one.
    private func budgeted(_ reply: JSON?, _ hold: WorkHold) -> [String] {
        guard ClaudeCommand.takesBudget(command), let remaining = reply?["remaining_usd"]?.money else { return command }
        // A policy that only observes must not end anything.
        let status = try? connection.ask(timeout: .seconds(5)) { $0.field("op", "status") }
        guard status?["mode"]?.string == "enforce" else { return command }
        return ClaudeCommand.with(remaining: remaining, held: hold.held, command)
    }

    /// The command may change its folder.
    private func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }
}
