import GovernorCore
import GovernorLedger
import Seeds
import Testing

/// Where records are found by their keys, while most keys are still in memory, on their way into the table, or just there.
@Suite struct KeyTests {
    private let folder: DataFolder

    init() throws { folder = try DataFolder() }

    /// What a plain table would hold.
    private struct Model {
        var records: [Int64: UsageRecord] = [:]

        func sequences(_ key: String) -> [Int64] {
            records.filter { $0.value.identity.key == key }.map(\.key).sorted()
        }

        /// As SQLite numbers rows: one more than the highest there is.
        mutating func take(_ changes: [RecordChange]) {
            for change in changes {
                switch change {
                case .insert(let record): records[(records.keys.max() ?? 0) + 1] = record
                case .revise(let stored, let record): records[stored.sequence] = record
                case .remove(let stored): records[stored.sequence] = nil
                }
            }
        }
    }

    @Test(arguments: Seed.some(20))
    func `every record is found by its key, however many come, change, go, or are there at a start`(
        _ seed: Seed
    ) throws {
        var random = SeededGenerator(seed)
        let capacity = random.number(1..<40)
        var ledger = try Ledger(folder: folder.path, keysGathered: capacity)
        var model = Model()
        // Keys that come twice, which several records have, as calls under one message may.
        let keys = (0..<120).map { "k-\($0)" }
        for _ in 0..<random.number(10..<60) {
            var changes: [RecordChange] = []
            var touched: Set<Int64> = []
            for _ in 0..<random.number(1..<24) {
                let record = spend(1, id: keys[random.number(0..<keys.count)])
                let known = model.records.keys.sorted().filter { !touched.contains($0) }
                guard let sequence = known.randomElement(using: &random), random.once(in: 3) else {
                    changes.append(.insert(record))
                    continue
                }
                touched.insert(sequence)
                guard let before = model.records[sequence] else { continue }
                let stored = StoredRecord(sequence: sequence, record: before)
                if random.once(in: 3) {
                    changes.append(.remove(stored))
                } else {
                    var after = random.once(in: 2) ? before : record
                    after.cost = .dollars(2)
                    changes.append(.revise(stored, to: after))
                }
            }
            try ledger.store(changes)
            model.take(changes)
            if random.once(in: 8) {
                // Without closing it, as a killed process leaves it.
                let image = try DataFolder()
                try image.put(folder.takeImage())
                let killed = try Ledger(folder: image.path, keysGathered: random.number(1..<40))
                try expectAll(model, killed, keys)
                try killed.close()
            }
            if random.once(in: 8) {
                try ledger.close()
                ledger = try Ledger(folder: folder.path, keysGathered: capacity)
            }
            try expectAll(model, ledger, keys)
        }
        try ledger.close()
    }

    private func expectAll(_ model: Model, _ ledger: Ledger, _ keys: [String]) throws {
        for key in keys.map({ "push/\($0)" }) {
            #expect(try ledger.records(withKeys: [key]).map(\.sequence) == model.sequences(key), "\(key)")
        }
        let all = try ledger.records(withKeys: Set(keys.map { "push/\($0)" }))
        #expect(all.map(\.sequence) == model.records.keys.sorted())
    }
}
