import GovernorCore

/// The models that have a price. The table is read at most once a process, and only for policies that name a model.
enum ListedPrices {
    private static let book = Result { () throws(PriceTable.Failure) in try PriceBook.embedded() }
    private static let models: [String] =
        switch book {
        case .success(let book): Set(book.listed.map(\.model)).sorted()
        case .failure: []
        }

    /// What a model costs from now on; nil when it isn't listed.
    ///
    /// - Parameter place: for saying that the table can't be read, should it ever be wrong.
    static func row(for model: String, at place: Place, _ reading: inout Reading) -> PriceRow? {
        switch book {
        // The newest prices are those without an end, which are the ones of the last instant.
        case .success(let book): return book.row(for: model, at: Timestamp(milliseconds: .max - 1))
        case .failure(let failure):
            reading.error("the built-in prices can't be read: line \(failure.line), \(failure.message)", at: place)
            return nil
        }
    }

    /// Every row; none should the table ever be wrong, which `row` says.
    static let rows: [PriceRow] =
        switch book {
        case .success(let book): book.listed
        case .failure: []
        }

    /// Whether a name, also one that is a spelling or version of a listed one, has a price from now on.
    static func hasPrice(_ model: String) -> Bool {
        guard case .success(let book) = book else { return false }
        return book.row(for: model, at: Timestamp(milliseconds: .max - 1)) != nil
    }

    /// Whether calls of it cost nothing on purpose.
    static func isFree(_ model: String, among free: [Glob]) -> Bool {
        ModelName.isLocal(model) || free.contains { $0.matches(model) }
    }

    /// `did you mean "claude-opus-5"?`
    static func hint(for model: String) -> String? { Spelling.hint(for: model, among: models) }
}
