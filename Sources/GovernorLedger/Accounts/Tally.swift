import GRDB
import GovernorCore

/// Sums of several meters while records go by in order of time: of each meter only its current slot is held, and written
/// when the next one begins.
struct Tally {
    /// By the meter's number: its row, and the slot that is being summed.
    private let rows: [Int64]
    private var slots: [Interval?]
    /// By the meter's number, the accounts with a sum in its slot.
    private var touched: [[Int]]
    /// By the account's number in `Pots`.
    private var sums: [Amount] = []
    private var isTouched: [Bool] = []

    init(_ subjects: [Derivation.Subject]) {
        rows = subjects.map(\.row.id)
        slots = subjects.map { _ in nil }
        touched = subjects.map { _ in [] }
    }

    /// What is added to the meter from here on belongs to this slot.
    mutating func turn(_ meter: Int, to slot: Interval, _ pots: Pots, _ database: Database) throws {
        guard slots[meter] != slot else { return }
        try write(meter, pots, database)
        slots[meter] = slot
    }

    mutating func add(_ amount: Amount, to pot: Int, of meter: Int) {
        while sums.count <= pot {
            sums.append(.zero)
            isTouched.append(false)
        }
        sums[pot] += amount
        guard !isTouched[pot] else { return }
        isTouched[pot] = true
        touched[meter].append(pot)
    }

    mutating func finish(_ pots: Pots, _ database: Database) throws {
        for meter in rows.indices { try write(meter, pots, database) }
    }

    private mutating func write(_ meter: Int, _ pots: Pots, _ database: Database) throws {
        guard let slot = slots[meter] else { return }
        let addition = try AccountRows.addition(database)
        for pot in touched[meter] {
            if sums[pot] != .zero {
                try AccountRows.add(sums[pot], to: slot, of: pots.splits[pot], meter: rows[meter], by: addition)
            }
            sums[pot] = .zero
            isTouched[pot] = false
        }
        touched[meter].removeAll(keepingCapacity: true)
    }
}
