/// Whether a receiver is told of an event, when, and why or why not: a pure function of what is asked.
extension Telling {
    /// All that the answer depends on.
    package struct Question: Hashable, Sendable {
        package var event: Event
        /// Whether the alert's item names the receiver.
        package var isNamed = true
        package var isOff = false
        /// Whether the receiver wants to know when something is over.
        package var wantsEnds = true
        /// When its next digest is due; nil for a receiver without.
        package var digestAt: Timestamp?
        /// Whether the same spend crossed a higher threshold that tells the receiver.
        package var isOutranked = false
        package var isSilenced = false
        /// Whether a silence muted it until now.
        package var wasSilenced = false
        package var isAcknowledged = false
        /// Whether the receiver was told that it fires.
        package var wasTold = false
        package var heldWorkBack = false
        /// When the receiver was last told of the alert's item, and of the same split of it.
        package var groupToldAt: Timestamp?
        package var splitToldAt: Timestamp?
        /// Whether a message about the item is still on its way.
        package var isPending = false
        package var groupWait: Span
        package var groupInterval: Span
        /// nil for never.
        package var repeatEvery: Span?
        package var now: Timestamp

        package init(_ event: Event, groupWait: Span = .seconds(5), groupInterval: Span = .minutes(1), now: Timestamp) {
            self.event = event
            self.groupWait = groupWait
            self.groupInterval = groupInterval
            self.now = now
        }
    }

    package enum Answer: Hashable, Sendable {
        /// In a message that is due then at the latest.
        case tell(Reason, due: Timestamp)
        /// Not now; where it may be told later with nothing else changed, from then on.
        case keep(Reason, until: Timestamp? = nil)

        package var reason: Reason {
            switch self {
            case .tell(let reason, _), .keep(let reason, _): reason
            }
        }
    }

    package static func answer(_ question: Question) -> Answer {
        guard question.isNamed else { return .keep(.notNamed) }
        guard !question.isOff else { return .keep(.receiverOff) }
        switch question.event {
        case .firing: return firing(question)
        case .resolved: return resolved(question)
        case .repeated: return repeated(question)
        }
    }

    private static func firing(_ question: Question) -> Answer {
        if question.isOutranked { return .keep(.outranked) }
        if question.isSilenced { return .keep(.silenced) }
        if let digest = question.digestAt { return .tell(.digest, due: digest) }
        let soon = question.now + question.groupWait
        if question.wasSilenced { return .tell(.silenceLifted, due: soon) }
        guard let ready = question.ready(after: question.groupToldAt) else { return .tell(.firstOfGroup, due: soon) }
        if question.ready(after: question.splitToldAt) == nil { return .tell(.firstOfSplit, due: soon) }
        if question.heldWorkBack { return .tell(.heldWorkBack, due: soon) }
        return .tell(.groupChanged, due: max(soon, ready))
    }

    /// A silence doesn't keep back the end of what was told: somebody may be waiting for it, or an incident be open.
    private static func resolved(_ question: Question) -> Answer {
        guard question.wantsEnds else { return .keep(.endNotWanted) }
        guard question.wasTold else { return .keep(.neverTold) }
        if let digest = question.digestAt { return .tell(.digest, due: digest) }
        let soon = question.now + question.groupWait
        return .tell(.ended, due: max(soon, question.ready(after: question.groupToldAt) ?? soon))
    }

    private static func repeated(_ question: Question) -> Answer {
        if question.isSilenced { return .keep(.silenced) }
        guard question.wasTold else { return .keep(.neverTold) }
        if question.isAcknowledged { return .keep(.acknowledged) }
        // A digest says every time what goes on.
        guard let every = question.repeatEvery, question.digestAt == nil else { return .keep(.unchanged) }
        if question.isPending { return .keep(.stillPending) }
        let due = (question.groupToldAt ?? question.now) + every
        // At the very time it was due, though it is looked at a little later, so that repeats don't drift.
        return due > question.now ? .keep(.unchanged, until: due) : .tell(.repeatDue, due: due)
    }
}

extension Telling.Question {
    /// When the group's interval after that is over; nil when it is, or nothing was told. What was told in the future was
    /// told by a clock that ran ahead, and holds nothing up.
    fileprivate func ready(after told: Timestamp?) -> Timestamp? {
        guard let told, told <= now + groupInterval else { return nil }
        let ready = told + groupInterval
        return ready > now ? ready : nil
    }
}
