import GovernorAPI
import GovernorCore
import GovernorLedger

/// One change that the writer carries out; what `Governor` is asked from outside goes through here.
enum Command: Sendable {
    /// What one source tells.
    case ingest(Told)
    /// What sessions are called, also for what they have already spent.
    case register(SessionNaming)
    /// Records are marked by the policy's order of authority, where they are not yet.
    case reauthorize
    /// Time has passed.
    case tick
    /// Nothing may join a message any more, since it is about to be sent.
    case seal(String)
    /// An attempt to deliver ended.
    case delivery(Delivery)
    /// Messages are tried again: one by its id, or those of a receiver, or all.
    case retry(notification: String?, receiver: String?)
    /// A receiver works, as a test has shown.
    case enable(String)
    /// An operator mutes alerts.
    case silence(OperatorSilence)
    /// An operator ends a silence.
    case expireSilence(String, by: String)
    /// An operator knows of an alert.
    case acknowledge(String, by: String)
    /// A new policy.
    case adopt(Policy)
    /// What is wrong with the policy's newest files; nil when nothing is.
    case policyProblem(String?)
    /// What is wrong with each kind of source, once all were looked at.
    case sources([SourceTroubles.Finding])
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
        if case .ingest(let told) = self { return max(1, told.records.count) }
        return 1
    }

    /// Whether it must be planned over a book in which everything before it is already applied.
    var standsAlone: Bool {
        switch self {
        case .register, .reauthorize, .adopt, .pause, .resume, .retry, .enable, .silence, .expireSilence, .acknowledge:
            true
        case .ingest, .tick, .seal, .delivery, .hold, .snapshot, .policyProblem, .sources: false
        }
    }
}

extension RetryRequest {
    var command: Command {
        switch self {
        case .all: .retry(notification: nil, receiver: nil)
        case .notification(let id): .retry(notification: id, receiver: nil)
        case .receiver(let name): .retry(notification: nil, receiver: name)
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
    /// The message as it is sent; nil when it is not pending any more.
    case sealed(Notification?)
    /// So many messages are tried again.
    case retried(Int)
    case silenced(OperatorSilence)
    /// With the messages that tell of it.
    case acknowledged(Alert, [Notification])
    /// It can't be done as it was asked.
    case refused(ControlError)
    case done
}

/// A command and who waits for it.
struct Job: Sendable {
    var command: Command
    var completion: @Sendable (Result<CommandOutcome, LedgerError>) -> Void
}
