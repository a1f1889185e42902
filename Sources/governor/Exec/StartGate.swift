import ArgumentParser
import GovernorAPI
import GovernorCore

/// The wait before the start: until the work is admitted, and for as long as a throttle says.
struct StartGate {
    let signals: Signals
    /// Whether a pause is waited for instead of being the end.
    let waits: Bool
    let onUnavailable: OnUnavailable

    /// How often it is asked again.
    private static let interval = Span.seconds(1)

    /// - Returns: the reply that admits the work; nil when there is no daemon and the caller allows that.
    func admit(_ hold: inout WorkHold) throws -> JSON? {
        var told: Set<String> = []
        func tellOnce(_ text: String, _ items: String) {
            if told.insert(items).inserted { LeashedRun.say(text) }
        }
        while true {
            do {
                let reply = try hold.reserve(at: SteadyClock.now)
                let heard = try Connection.decision(reply)
                guard heard.kind == .pause else { return reply }
                guard waits else {
                    LeashedRun.say("paused: \(heard.why)")
                    throw ExitCode.paused
                }
                tellOnce("waiting to start: \(heard.why)", heard.items.joined(separator: ","))
            } catch let unavailable as ControlClient.Unavailable {
                guard onUnavailable == .pause else {
                    LeashedRun.say("\(unavailable); starting without, as --on-unavailable allow says")
                    return nil
                }
                guard waits else {
                    LeashedRun.say("\(unavailable); not starting, as --on-unavailable pause says")
                    throw ExitCode.unavailable
                }
                tellOnce("waiting to start: \(unavailable)", "no daemon")
            }
            try rest(Self.interval)
        }
    }

    /// Waits out a throttle's delay and keeps the hold meanwhile.
    func wait(_ delay: Span, _ hold: inout WorkHold) throws {
        let due = SteadyClock.now + delay
        while SteadyClock.now < due {
            try rest(min(Self.interval, due - SteadyClock.now))
            // What it answers is asked again as soon as the work runs.
            _ = try? hold.ask(at: SteadyClock.now)
        }
    }

    /// A signal that asks for an end is one: nothing has been started.
    private func rest(_ span: Span) throws {
        let due = SteadyClock.now + span
        while SteadyClock.now < due {
            guard let signal = signals.next(within: due - SteadyClock.now) else { return }
            if Signals.ending.contains(signal) { throw ExitCode(128 + signal) }
        }
    }
}
