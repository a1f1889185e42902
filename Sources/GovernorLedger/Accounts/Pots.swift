import GRDB
import GovernorCore

/// The accounts of some meters, numbered as they turn up, and which of them each stored combination of labels adds to.
///
/// Combinations are read a block of ids at a time: ids rise with time, so that what is asked for together lies together,
/// and of each only the labels that any of the meters looks at.
struct Pots {
    /// The number of the meter (in the order given) and the split, by the account's number.
    private(set) var meters: [Int] = []
    private(set) var splits: [Split] = []
    var count: Int { meters.count }

    private let metering: Metering
    /// By place in the metering, the number of the meter.
    private var numbers: [Int: Int] = [:]
    private var known: [[Split: Int]]
    private let names: [LabelName]
    private let needsTags: Bool
    private let sql: String
    /// By block, then id: the accounts of a combination, as a stretch of `members`.
    private var blocks: [[Range<Int>]] = []
    private var groups: [Labels: Range<Int>] = [:]
    private(set) var members: [Int] = []

    private static let block: Int64 = 1024

    /// - Parameter places: of the meters in `Metering.meters`.
    init(of places: [Int], in metering: Metering) {
        self.metering = metering
        for (number, place) in places.enumerated() { numbers[place] = number }
        known = places.map { _ in [:] }
        var keys: Set<LabelKey> = []
        for place in places {
            keys.formUnion(metering.meters[place].per)
            keys.formUnion(metering.meters[place].matcher.terms.map(\.key))
        }
        names = LabelName.allCases.filter { keys.contains(.label($0)) }
        needsTags = keys.contains { if case .tag = $0 { true } else { false } }
        let columns = ["id"] + names.map(\.rawValue) + (needsTags ? ["tags"] : [])
        sql = "SELECT \(columns.joined(separator: ", ")) FROM label_set WHERE id >= ? AND id < ?"
    }

    /// The accounts a combination adds to, as a stretch of `members`.
    mutating func members(of labelSet: Int64, _ database: Database) throws -> Range<Int> {
        let block = Int(labelSet / Self.block)
        guard block >= 0 else { return 0..<0 }
        if block >= blocks.count || blocks[block].isEmpty { try read(block, database) }
        return blocks[block][Int(labelSet % Self.block)]
    }

    private mutating func read(_ block: Int, _ database: Database) throws {
        while blocks.count <= block { blocks.append([]) }
        var found = [Range<Int>](repeating: group(Labels()), count: Int(Self.block))
        let first = Int64(block) * Self.block
        let statement = try database.cachedStatement(sql: sql)
        let rows = try Row.fetchCursor(statement, arguments: [first, first + Self.block])
        while let row = try rows.next() {
            var labels = Labels()
            for (index, name) in names.enumerated() { labels[name] = row[index + 1] }
            if needsTags { labels.tags = LabelSets.tags(row[names.count + 1]) }
            found[Int((row[0] as Int64) - first)] = group(labels)
        }
        blocks[block] = found
    }

    private mutating func group(_ labels: Labels) -> Range<Int> {
        if let group = groups[labels] { return group }
        let start = members.count
        for place in metering.matching(labels) {
            guard let number = numbers[place] else { continue }
            let split = Split(booking: labels, per: metering.meters[place].per)
            members.append(pot(number, split))
        }
        groups[labels] = start..<members.count
        return start..<members.count
    }

    private mutating func pot(_ meter: Int, _ split: Split) -> Int {
        if let pot = known[meter][split] { return pot }
        known[meter][split] = meters.count
        meters.append(meter)
        splits.append(split)
        return meters.count - 1
    }
}
