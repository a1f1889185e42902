/// Rows of prices, found by the name of their model and by the time.
struct PriceShelf: Sendable {
    /// As they were given.
    let rows: [PriceRow]
    /// By the model's name, the row that counts first.
    private let byName: [String: [PriceRow]]
    /// The same by the name without its version, the newest version first.
    private let byPlainName: [String: [PriceRow]]

    init(_ rows: [PriceRow]) {
        self.rows = rows
        let ordered = rows.enumerated().sorted { left, right in
            let (a, b) = (left.element, right.element)
            return (b.from ?? .distantPast, a.until ?? .distantFuture, right.offset)
                < (a.from ?? .distantPast, b.until ?? .distantFuture, left.offset)
        }.map(\.element)
        byName = Dictionary(grouping: ordered, by: \.model)
        byPlainName = Dictionary(
            grouping: ordered.filter { ModelName.withoutVersion($0.model) != $0.model },
            by: { ModelName.withoutVersion($0.model) }
        ).mapValues { versions in
            // A stable order: of one version's rows the one that counts first stays first.
            versions.enumerated().sorted { ($1.element.model, $0.offset) < ($0.element.model, $1.offset) }.map(
                \.element)
        }
    }

    /// Of the rows of exactly this name that hold: the one that began last, then the one that ends first, then the last.
    func row(of name: String, at time: Timestamp) -> PriceRow? { byName[name]?.first { $0.holds(at: time) } }

    /// The newest version of a model of this name.
    func row(ofVersion name: String, at time: Timestamp) -> PriceRow? {
        byPlainName[name]?.first { $0.holds(at: time) }
    }

    /// Whether a row of exactly this name holds at any time.
    func alwaysHas(_ name: String) -> Bool { byName[name]?.contains { $0.from == nil && $0.until == nil } ?? false }
}

extension PriceRow {
    /// Whether these prices hold at a time.
    package func holds(at time: Timestamp) -> Bool {
        (from ?? .distantPast) <= time && time < (until ?? .distantFuture)
    }
}
