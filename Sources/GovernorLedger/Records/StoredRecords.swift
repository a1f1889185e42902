import GRDB
package import GovernorCore

extension Ledger {
    /// Every stored record whose identity has one of the keys; what `Deduplication` starts from.
    package func records(withKeys keys: Set<String>) throws(LedgerError) -> [StoredRecord] {
        guard let writer else { return [] }
        // On the writing connection: the transaction that follows must see what this saw.
        return try attempt("looking up records") {
            try writer.writeWithoutTransaction { database in
                // Most keys are new: a row is read in full only where one has the hash.
                let find = try database.cachedStatement(sql: "SELECT sequence FROM record WHERE key_hash = ?")
                let read = try database.cachedStatement(
                    sql:
                        "SELECT \(RecordRows.columns) FROM \(RecordRows.joins) WHERE record.sequence = ? AND record.key = ?"
                )
                var found: [StoredRecord] = []
                // One transaction for all look-ups: outside of one each would take and give back the file's locks.
                try database.inTransaction(.deferred) {
                    for key in keys {
                        let hash = Codes.bits(StableHash.value(key))
                        for sequence in try Int64.fetchAll(find, arguments: [hash]) {
                            if let row = try Row.fetchOne(read, arguments: [sequence, key]) {
                                found.append(try ChargeRows.withCharges(RecordRows.read(row), database))
                            }
                        }
                    }
                    return .commit
                }
                return found
            }
        }
    }

    /// Every stored record of a session.
    package func records(ofSession session: String) throws(LedgerError) -> [StoredRecord] {
        guard let writer else { return [] }
        return try attempt("reading a session's records") {
            try writer.writeWithoutTransaction { database in
                try Row.fetchAll(
                    database, sql: "SELECT \(RecordRows.columns) FROM \(RecordRows.joins) WHERE label_set.session = ?",
                    arguments: [session]
                ).map { try ChargeRows.withCharges(RecordRows.read($0), database) }
            }
        }
    }
}
