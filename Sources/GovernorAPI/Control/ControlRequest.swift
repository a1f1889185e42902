package import GovernorCore

/// One request on the control socket, or the body of one over HTTP.
package struct ControlRequest: Hashable, Sendable {
    package enum Operation: Hashable, Sendable {
        case check(Labels, CheckSubject, estimate: Money?, ignored: [String])
        case hold(HoldRequest)
        case record([PushedRecord], rejected: [PushedRecord.Rejection])
        case label(session: String, Labels)
        case status(StatusQuery)
        case explain(Labels, estimate: Money?)
        /// Work is kept out by hand.
        case pause(PauseRequest)
        /// Pauses that only an operator ends, and operators' own, of these labels.
        case resume(Labels)
        case alerts(AlertQuery)
        /// How an alert was told, by its id.
        case explainAlert(String)
        /// Somebody knows of an alert, so it is not repeated.
        case acknowledge(alert: String, by: String)
        case silence(SilenceRequest)
        case silences
        /// A silence of an operator's ends now.
        case expire(silence: String, by: String)
        /// A message that only says that it arrives.
        case test(receiver: String)
        case retry(RetryRequest)
        /// Everything that changes from now on, or after a number.
        case watch(Labels, since: Int64?)
        /// The policy's files, read again.
        case reload
        case ping
    }

    /// Given back with the reply, whatever it is.
    package var id: JSON?
    package var operation: Operation

    /// The operations by name.
    package static let names = [
        "check", "reserve", "extend", "settle", "release", "record", "label", "status", "explain", "pause", "resume",
        "alerts", "explain_alert", "ack", "silence", "silences", "expire", "test", "retry", "watch", "reload", "ping",
    ]

    /// A request that can't be understood, with the id to answer it under.
    package struct Failure: Error, Hashable, Sendable {
        package var id: JSON?
        package var error: ControlError

        /// The line to answer.
        package var body: [UInt8] { error.body(id: id) }
    }

    /// Longest line, and longest body of a control operation over HTTP, in bytes.
    package static let sizeLimit = 65_536

    /// Reads one line.
    /// - Parameter operation: the name given outside the object, by an HTTP path.
    package init(_ bytes: UnsafeRawBufferPointer, operation named: String? = nil) throws(Failure) {
        let value: JSON
        do { value = try JSONReader.read(bytes) } catch {
            let message = "this is no JSON: \(error.message) at byte \(error.offset + 1)"
            throw Failure(error: ControlError(.badRequest, message, field: error.key))
        }
        guard let members = value.members else {
            throw Failure(
                error: ControlError(.badRequest, "a request is an object such as {\"op\":\"ping\"}; got \(value.shown)")
            )
        }
        let fields = Fields(members)
        let id = fields["id"]
        if let id, id.members != nil || id.array != nil {
            throw Failure(error: ControlError(.badRequest, "id must be a text or a number", field: "id"))
        }
        self.id = id
        do { operation = try Self.operation(named, fields) } catch { throw Failure(id: id, error: error) }
    }

    private static let checkFields = Fields.labelNames.union(["op", "id", "estimate_usd", "reservation", "running"])

    private static func operation(_ named: String?, _ fields: Fields) throws(ControlError) -> Operation {
        let name: String
        if let named { name = named } else { name = try fields.need("op") }
        switch name {
        case "check":
            return .check(
                try fields.labels(), try checkSubject(fields), estimate: try fields.dollars("estimate_usd"),
                ignored: fields.unknown(besides: checkFields))
        case "reserve", "extend", "settle", "release": return .hold(try HoldRequest(name, fields))
        case "record": return try records(fields)
        case "label":
            var labels = try fields.labels()
            let session = try fields.need("session")
            labels.session = nil
            labels.source = nil
            labels.tags[Reservation.tag] = try fields.text("reservation") ?? labels.tags[Reservation.tag]
            guard labels != Labels() else {
                throw ControlError(.badRequest, "label names no label to give the session", field: "worker")
            }
            return .label(session: session, labels)
        case "status": return .status(try StatusQuery(fields))
        case "explain": return .explain(try fields.labels(), estimate: try fields.dollars("estimate_usd"))
        case "pause": return .pause(try PauseRequest(fields))
        case "resume": return .resume(try fields.labels())
        case "alerts": return .alerts(try AlertQuery(fields))
        case "explain_alert": return .explainAlert(try fields.alert())
        case "ack": return .acknowledge(alert: try fields.alert(), by: try fields.who())
        case "silence": return .silence(try SilenceRequest(fields))
        case "silences": return .silences
        case "expire": return .expire(silence: try fields.silence(), by: try fields.who())
        case "test":
            return .test(receiver: try fields.need("receiver", "the name of one of the policy's receivers"))
        case "retry": return .retry(try RetryRequest(fields))
        case "watch": return .watch(try fields.labels(), since: try fields.count("since", limit: .max))
        case "reload": return .reload
        case "ping": return .ping
        default:
            throw ControlError(
                .unknownOperation,
                "there is no operation \"\(name.prefix(40))\"; there are \(names.joined(separator: ", "))",
                field: "op")
        }
    }

    private static func checkSubject(_ fields: Fields) throws(ControlError) -> CheckSubject {
        if try fields.text("reservation") != nil { return .runningWork }
        return try fields.flag("running") == true ? .runningWork : .newWork
    }

    private static func records(_ fields: Fields) throws(ControlError) -> Operation {
        guard let list = fields["records"]?.array else {
            throw ControlError(.badRequest, "records must be a list of records", field: "records")
        }
        var accepted: [PushedRecord] = []
        var rejected: [PushedRecord.Rejection] = []
        for (index, value) in list.enumerated() {
            do { accepted.append(try PushedRecord(value, index: index)) } catch {
                rejected.append(PushedRecord.Rejection(index: index, error: error))
            }
        }
        return .record(accepted, rejected: rejected)
    }
}

/// Whether a check is about work that may start, or that runs already.
package enum CheckSubject: Hashable, Sendable { case newWork, runningWork }

/// Which accounts `status` is asked for; empty means all.
package struct StatusQuery: Hashable, Sendable {
    package var budgets: [String] = []
    package var labels = Labels()

    package init() {}

    init(_ fields: Fields) throws(ControlError) {
        labels = try fields.labels()
        guard let list = fields["budgets"] else { return }
        guard let names = list.array?.map(\.string), names.allSatisfy({ $0 != nil }) else {
            throw ControlError(.badRequest, "budgets must be a list of names; got \(list.shown)", field: "budgets")
        }
        budgets = names.compactMap { $0 }
    }

    /// Whether an account's split agrees with every label that was named.
    package func asks(for budget: Budget, _ split: Split) -> Bool {
        guard budgets.isEmpty || budgets.contains(budget.name) else { return false }
        return split.labels(per: budget.per).allSatisfy { labels[$0.key] == nil || labels[$0.key] == $0.value }
    }
}
