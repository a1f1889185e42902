import GovernorAPI
import GovernorCore
import GovernorLedger

/// One change that the writer carries out; what `Governor` is asked from outside goes through here.
enum Command: Sendable {
    /// Records of one source, and how far its file has been read.
    case ingest([UsageRecord], cursor: FileCursor?)
    /// Labels for a session, also for what it has already spent.
    case register(Labels, session: String)
    /// Time has passed.
    case tick
    /// An attempt to deliver was made.
    case delivery(Notification)
    /// A new policy.
    case adopt(Policy)
    /// What is wrong with the policy's newest files; nil when nothing is.
    case policyProblem(String?)
    /// Money is set aside, or what was is extended or ended.
    case hold(HoldRequest)
    /// An operator keeps work out.
    case pause(PauseRequest)
    /// An operator ends pauses that wait for one, and operators' own.
    case resume(Labels)
    /// A picture for the display's history.
    case snapshot(DisplaySnapshot)

    /// How much of a group commit it takes up.
    var weight: Int {
        if case .ingest(let records, _) = self { return max(1, records.count) }
        return 1
    }

    /// Whether it must be planned over a book in which everything before it is already applied.
    var standsAlone: Bool {
        switch self {
        case .register, .adopt, .pause, .resume: true
        case .ingest, .tick, .delivery, .hold, .snapshot, .policyProblem: false
        }
    }
}

/// What became of a command.
enum CommandOutcome: Sendable {
    /// One fate a record, in order.
    case ingested([RecordFate])
    /// So many earlier records changed their labels.
    case registered(Int)
    /// With what was answered to a new hold, now or when it was made.
    case held(HoldOutcome, answer: String)
    case paused(OperatorPause)
    /// The alerts whose pauses ended, and operators' own pauses that did.
    case resumed([Alert], [OperatorPause])
    /// It can't be done as it was asked.
    case refused(ControlError)
    case done
}

/// A command and who waits for it.
struct Job: Sendable {
    var command: Command
    var completion: @Sendable (Result<CommandOutcome, LedgerError>) -> Void
}
