package import GovernorCore

/// The prices in force under a policy folder, and what an import would make of them.
package struct PolicyPrices: Sendable {
    /// The built-in list with the policy's own rows.
    package var book: PriceBook
    /// The policy's zone; UTC without one.
    package var zone: Zone

    /// What makes a folder's prices unusable.
    package struct Failure: Error, Sendable {
        package var diagnostics: [Diagnostic]
    }

    /// - Parameters:
    ///   - folder: the policy folder; without any policy in it the built-in list is what there is.
    ///   - mayLack: whether the folder need not be there at all, because nobody named it.
    package init(folder: String, mayLack: Bool) throws(Failure) {
        let isEmpty = PolicyFolder.isFolder(folder) && !PolicyFolder.hasPolicies(folder)
        if isEmpty || (mayLack && !PolicyFolder.isFolder(folder)) {
            self.init(book: try Self.book(of: Policy(revision: "")), zone: .utc)
            return
        }
        let loading = PolicyLoader.withoutSecrets.load(folder: folder)
        guard let policy = loading.policy else { throw Failure(diagnostics: loading.diagnostics) }
        self.init(book: try Self.book(of: policy), zone: policy.zone)
    }

    private init(book: PriceBook, zone: Zone) {
        self.book = book
        self.zone = zone
    }

    private static func book(of policy: Policy) throws(Failure) -> PriceBook {
        do { return try PriceBook.embedded(for: policy) } catch {
            throw Failure(diagnostics: [
                Diagnostic(
                    file: "prices.csv", line: error.line, column: 1, severity: .error,
                    message: "the built-in prices can't be read: \(error.message)")
            ])
        }
    }
}

/// What an import of a price list would do to a policy folder; nothing is written here.
package struct PriceImport: Sendable {
    /// What differs from the prices in force.
    package var changes: PriceChanges
    /// The policy's zone.
    package var zone: Zone
    /// Where the rows go.
    package var path: String
    /// Their file as it would be.
    package var text: String
    /// What the file says now; nil when there is none.
    package var present: String?

    /// - Parameters:
    ///   - rows: a list of prices without dates.
    ///   - folder: the policy folder, which has to be there.
    ///   - only: patterns of the models that are taken; all when there is none.
    ///   - now: from when on the new prices hold, so that history keeps its own; cut to the second.
    /// - Throws: what is wrong with the policy, as it is or as it would be.
    package init(
        _ rows: [PriceRow], into folder: String, only: [Glob], now: Timestamp
    ) throws(PolicyPrices.Failure) {
        let prices = try PolicyPrices(folder: folder, mayLack: false)
        zone = prices.zone
        changes = PriceChanges(rows, comparedTo: prices.book, only: only, at: now)
        path = PolicyFolder.path(PriceFile.name, beside: folder.hasSuffix("/") ? folder : folder + "/")
        var reading = Reading(environment: [:], mayLackSecrets: true)
        let file = PolicyFolder.exists(path) ? PolicyFolder.text(at: path, &reading) : nil
        present = file?.text
        guard !reading.hasErrors else { throw PolicyPrices.Failure(diagnostics: reading.diagnostics) }
        let second = Timestamp(seconds: now.milliseconds / 1000)
        let new = changes.changes.map { change in
            var row = change.row
            row.from = second
            return row
        }
        do { text = try PriceFile.text(present, adding: new) } catch {
            throw PolicyPrices.Failure(diagnostics: [
                Diagnostic(
                    file: path, line: error.line, column: 1, severity: .error, message: error.message)
            ])
        }
        guard !new.isEmpty else { return }
        // Whatever is written has to be a policy that loads.
        let loading = PolicyLoader.withoutSecrets.load(folder: folder, replacing: PriceFile.name, by: text)
        guard loading.policy == nil else { return }
        throw PolicyPrices.Failure(diagnostics: loading.diagnostics)
    }
}
