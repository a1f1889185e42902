package import GovernorCore

/// Decides what becomes of running work from what is heard about it, and acts nowhere: each event answers with actions.
///
/// What is done to the work is said when it is done, but of its end, which may have its own last words. Times are spans since the work's start, by a clock that never goes back.
package struct Leash: Sendable {
    package enum Action: Hashable, Sendable {
        /// One line for people.
        case say(String)
        /// Stop the whole group where it is.
        case freeze
        /// Let it go on.
        case thaw
        /// Ask it to end, and let it: TERM, then CONT.
        case end
        case kill
    }

    private let pausesWhenUnavailable: Bool
    private let grace: Span
    /// How long nobody may answer before the work is paused: a daemon that restarts is back by then.
    private let patience: Span
    package private(set) var isFrozen = false
    /// Since when nobody has answered.
    private var silentSince: Span?
    private var hasSaidSilence = false
    /// When what was asked to end is killed.
    private var killAt: Span?
    /// Until when work that somebody else asked to end may run, paused or not.
    private var reprievedUntil: Span?
    package private(set) var isEnding = false

    package init(pausesWhenUnavailable: Bool, grace: Span, patience: Span = .seconds(5)) {
        self.pausesWhenUnavailable = pausesWhenUnavailable
        self.grace = grace
        self.patience = patience
    }

    /// A decision about the running work.
    package mutating func hear(_ heard: Heard, at now: Span) -> [Action] {
        var actions: [Action] = []
        silentSince = nil
        if hasSaidSilence {
            hasSaidSilence = false
            actions.append(.say("the daemon answers again"))
        }
        guard !isEnding else { return actions }
        switch heard.kind {
        case .pause where heard.stop:
            isEnding = true
            isFrozen = false
            killAt = now + grace
            actions += [.say("ending the work: \(heard.why)"), .end]
        case .pause: actions += freeze("pausing the work: \(heard.why)", at: now)
        case .allow, .throttle:
            if isFrozen {
                isFrozen = false
                actions += [.thaw, .say("the work goes on")]
            }
        }
        return actions
    }

    /// No answer, or none that is a decision.
    package mutating func hearNothing(_ why: String, at now: Span) -> [Action] {
        let since = silentSince ?? now
        silentSince = since
        guard !isEnding, !hasSaidSilence else { return [] }
        guard pausesWhenUnavailable else {
            hasSaidSilence = true
            return [.say("\(why); the work goes on without, as --on-unavailable allow says")]
        }
        if isFrozen {
            hasSaidSilence = true
            return [.say("\(why); the work stays paused until the daemon is back")]
        }
        guard now >= since + patience else { return [] }
        let actions = freeze(
            "\(why); pausing the work until the daemon is back, as --on-unavailable pause says", at: now)
        hasSaidSilence = isFrozen
        return actions
    }

    /// A signal that asks the work to end was passed on: frozen work could not obey, so it runs for the grace at least.
    package mutating func passedEnding(at now: Span) -> [Action] {
        reprievedUntil = now + grace
        guard isFrozen else { return [] }
        isFrozen = false
        return [.thaw]
    }

    /// Time went by.
    package mutating func tick(at now: Span) -> [Action] {
        guard let due = killAt, now >= due else { return [] }
        killAt = nil
        return [.kill, .say("it has not ended within \(grace.text), and was killed")]
    }

    /// When `tick` has something to do.
    package var nextTick: Span? { killAt }

    private mutating func freeze(_ why: String, at now: Span) -> [Action] {
        if isFrozen { return [] }
        if let reprieve = reprievedUntil, now < reprieve { return [] }
        isFrozen = true
        return [.freeze, .say(why)]
    }
}
