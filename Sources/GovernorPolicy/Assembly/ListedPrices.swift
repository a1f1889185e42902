import GovernorCore

/// The models that have a price, the policy's own among them. The built-in table is read at most once a process, and
/// only for policies that name a model.
struct ListedPrices {
    /// Without any policy's.
    static let builtIn = ListedPrices(own: [])

    private static let table = Table { () throws(PriceTable.Failure) in try PriceBook.embedded() }
    private let own: Table?
    private var table: Table { own ?? Self.table }

    /// A book, or why it can't be had, with what is listed in it.
    private struct Table {
        var book: Result<PriceBook, PriceTable.Failure>
        var rows: [PriceRow] = []

        init(_ make: () throws(PriceTable.Failure) -> PriceBook) {
            book = Result(catching: make)
            if case .success(let book) = book { rows = book.listed }
        }
    }

    /// - Parameter own: rows of the policy, which go before those of the table.
    init(own rows: [PriceRow]) {
        guard !rows.isEmpty else {
            own = nil
            return
        }
        own = Table { () throws(PriceTable.Failure) in PriceBook(rows: try PriceBook.embeddedRows(), own: rows) }
    }

    /// What a model costs from now on; nil when it isn't listed.
    ///
    /// - Parameter place: for saying that the table can't be read, should it ever be wrong.
    func row(for model: String, at place: Place, _ reading: inout Reading) -> PriceRow? {
        switch table.book {
        case .success(let book): return book.row(for: model, at: Self.newest)
        case .failure(let failure):
            reading.error("the built-in prices can't be read: line \(failure.line), \(failure.message)", at: place)
            return nil
        }
    }

    /// The newest prices are those without an end, which are the ones of the last instant.
    private static let newest = Timestamp(milliseconds: .max - 1)

    /// Every row; none should the table ever be wrong, which `row` says.
    var rows: [PriceRow] { table.rows }

    /// Whether a name, also one that is a spelling or version of a listed one, has a price from now on.
    func hasPrice(_ model: String) -> Bool {
        guard case .success(let book) = table.book else { return false }
        return book.row(for: model, at: Self.newest) != nil
    }

    /// Whether calls of it cost nothing on purpose.
    static func isFree(_ model: String, among free: [Glob]) -> Bool {
        ModelName.isLocal(model) || free.contains { $0.matches(model) }
    }

    /// `did you mean "claude-opus-5"?`
    func hint(for model: String) -> String? {
        Spelling.hint(for: model, among: Set(rows.map(\.model)).sorted())
    }
}
