package import GovernorCore

/// The replies of the operations on holds.
extension Reply {
    /// The reply to a new hold, without the caller's id: what is kept, for one who asks again.
    package static func reserved(
        _ hold: Reservation, _ decision: Decision, _ origin: Estimates.Origin, zone: Zone
    ) -> String {
        var json = JSONWriter()
        json.object { json in
            json.members(of: decision, zone: zone)
            json.members(of: hold, zone: zone)
            json.field("estimate_from", origin.rawValue)
        }
        return json.text
    }

    /// A reply that was kept, under the id of the one who asks now.
    package static func kept(_ answer: String, id: JSON?) -> [UInt8] {
        guard let id else { return Array(answer.utf8) }
        var json = JSONWriter()
        json.object { $0.field("id", id) }
        return json.bytes.dropLast() + [UInt8(ascii: ",")] + answer.utf8.dropFirst()
    }

    /// The reply to `extend`.
    package static func extended(_ hold: Reservation, _ decision: Decision, id: JSON?, zone: Zone) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            if let id { json.field("id", id) }
            json.members(of: decision, zone: zone)
            json.members(of: hold, zone: zone)
        }
        return json.bytes
    }

    /// The reply to `settle` and `release`.
    package static func ended(_ hold: Reservation, id: JSON?) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            if let id { json.field("id", id) }
            json.field("reservation", hold.name)
            json.sums(of: hold)
        }
        return json.bytes
    }

    /// An operator's pause that began.
    /// - Parameter observes: whether the policy blocks nobody.
    package static func paused(_ pause: OperatorPause, id: JSON?, zone: Zone, observes: Bool) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            if let id { json.field("id", id) }
            json.key("pause")
            json.value(PauseView(pause), zone: zone)
            let caveats = observes ? ["the policy's mode is observe, so this is told and blocks nobody"] : []
            json.field("caveats", array: caveats) { $0.value($1) }
        }
        return json.bytes
    }

    /// Why a hold that has ended can't be changed any more.
    package static func endedBefore(_ hold: Reservation) -> ControlError {
        let (code, end): (ControlError.Code, String) =
            switch hold.state {
            case .released: (.alreadyReleased, "was released")
            case .expired: (.expired, "expired at \(RFC3339.utc(hold.expiresAt))")
            case .settled, .live: (.alreadySettled, "was settled")
            }
        var error = ControlError(
            code,
            "\(hold.name) \(end); it has spent \(hold.spent.dollarText) of \(hold.size.cost.dollarText), "
                + "\(hold.overrun.dollarText) beyond it", field: "reservation")
        error.hold = hold
        return error
    }

    package static let unknownHold = ControlError(.notFound, "no such hold is known", field: "reservation")
    package static let reusedKey = ControlError(
        .keyReused, "this key stands for another request; take a new one", field: "key")
}

extension JSONWriter {
    /// What came of a hold.
    mutating func sums(of hold: Reservation) {
        field("spent_usd", hold.spent)
        field("released_usd", hold.returned)
        field("overrun_usd", hold.overrun)
    }

    fileprivate mutating func members(of hold: Reservation, zone: Zone) {
        field("reservation", hold.name)
        field("held_usd", hold.remaining.cost)
        field("expires_at", RFC3339.text(hold.expiresAt, in: zone))
    }
}
