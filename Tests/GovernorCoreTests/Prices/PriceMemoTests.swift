import GovernorCore
import Seeds
import Testing

@Suite struct PriceMemoTests {
    @Test(arguments: Seed.some(20))
    func `a run of records costs what each of them costs alone`(_ seed: Seed) throws {
        var random = SeededGenerator(seed)
        let built = try PriceBook.embeddedRows()
        let book = PriceBook(
            rows: built, own: built.filter { _ in random.once(in: 9) }, free: [Glob("house-*")],
            calculates: random.once(in: 2))
        // The instants at which a price begins or ends, and those beside them.
        let turns = built.flatMap { [$0.from, $0.until].compactMap { $0 } }
        let models = built.map(\.model) + ["house-1", "mystery", "ollama/llama3", "llama3", "<synthetic>", ""]
        let few = (0..<12).map { _ in random.pick(models) }
        var memo = PriceMemo()
        for _ in 0..<200 {
            var record = UsageRecord(
                identity: CallIdentity(key: "a"), growth: .larger,
                time: turns.isEmpty || random.once(in: 3)
                    ? monday : random.pick(turns) + Span(milliseconds: random.number(-1...1)),
                labels: Labels([.model: random.pick(few), .source: "transcript"]), tokens: TokenCounts(input: 1000))
            if random.once(in: 4) { record.labels.provider = random.pick(["anthropic", "ollama", "x"]) }
            if random.once(in: 4) { record.reportedCost = .dollars(1) }
            var alone = record
            book.price(&alone)
            book.price(&record, &memo)
            #expect(record == alone)
        }
    }
}
