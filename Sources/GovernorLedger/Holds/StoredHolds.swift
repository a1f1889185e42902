import GRDB
package import GovernorCore

extension Ledger {
    /// Looks up what the ledger knows of holds, on the writing connection: the transaction that follows must see what
    /// this saw.
    package func holds(_ wanted: HoldLookup) throws(LedgerError) -> HoldsAtHand {
        var found = HoldsAtHand()
        guard let writer, !wanted.isEmpty else { return found }
        let byRecordKey = Dictionary(
            uniqueKeysWithValues: wanted.ownRecords.map { (Reservation.recordKey($0), $0) })
        for stored in try records(withKeys: Set(byRecordKey.keys)) {
            if let id = byRecordKey[stored.record.identity.key] { found.records[id] = stored }
        }
        try attempt("looking up holds") {
            try writer.writeWithoutTransaction { database in
                try database.inTransaction(.deferred) {
                    let byID = try database.cachedStatement(sql: "SELECT * FROM reservation WHERE id = ?")
                    // Most keys are new: a row is read in full only where one has the hash.
                    let byKey = try database.cachedStatement(
                        sql: "SELECT id FROM reservation WHERE key_hash = ? AND key = ?")
                    for id in wanted.ids {
                        found.reservations[id] = try Row.fetchOne(byID, arguments: [id]).map(ReservationRows.read)
                    }
                    for key in wanted.keys {
                        let hash = Codes.bits(StableHash.value(key))
                        guard let id = try Int64.fetchOne(byKey, arguments: [hash, key]) else { continue }
                        found.keys[key] = id
                        found.reservations[id] = try Row.fetchOne(byID, arguments: [id]).map(ReservationRows.read)
                    }
                    return .commit
                }
            }
        }
        return found
    }

    /// What was answered when a hold was made; nil for one that is not known.
    package func answer(ofHold id: Int64) throws(LedgerError) -> String? {
        guard let writer else { return nil }
        return try attempt("reading what was answered") {
            try writer.writeWithoutTransaction { database in
                let select = try database.cachedStatement(sql: "SELECT answer FROM reservation WHERE id = ?")
                return try String.fetchOne(select, arguments: [id])
            }
        }
    }
}
