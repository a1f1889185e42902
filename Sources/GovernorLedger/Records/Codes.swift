import GovernorCore

/// The numbers that stand for small enumerations in the tables; once released they never change.
enum Codes {
    static func terms(_ terms: Terms) -> Int64 {
        let tier: Int64 =
            switch terms.tier {
            case .standard: 0
            case .batch: 1
            case .flex: 2
            case .priority: 3
            }
        return tier | (terms.fast ? 4 : 0) | (terms.usGeography ? 8 : 0)
    }

    static func terms(_ code: Int64, webSearches: Int64) -> Terms {
        let tiers: [Terms.Tier] = [.standard, .batch, .flex, .priority]
        return Terms(
            tier: tiers[Int(code & 3)], fast: code & 4 != 0, usGeography: code & 8 != 0, webSearches: webSearches)
    }

    static func flags(_ record: UsageRecord) -> Int64 {
        (record.identity.isSidechain ? 1 : 0) | (record.identity.joinsByKey ? 2 : 0) | (record.growth == .later ? 4 : 0)
            | (record.isShadowed ? shadowed : 0) | (record.isTwin ? twin : 0)
    }

    static func identity(key: String, request: String?, flags: Int64) -> CallIdentity {
        CallIdentity(key: key, request: request, isSidechain: flags & 1 != 0, joinsByKey: flags & 2 != 0)
    }

    /// The flag of a record that is kept and not counted.
    static let shadowed: Int64 = 8
    /// The flag of an event whose call a transcript's line tells of.
    static let twin: Int64 = 16

    static func growth(_ flags: Int64) -> GrowthRule { flags & 4 != 0 ? .later : .larger }

    static func origin(_ code: Int64) -> CostOrigin { code == 0 ? .reported : code == 1 ? .priced : .unpriced }
    static func outcome(_ code: Int64) -> Outcome { code == 0 ? .success : code == 1 ? .error : .cancelled }

    static func code(_ origin: CostOrigin) -> Int64 {
        switch origin {
        case .reported: 0
        case .priced: 1
        case .unpriced: 2
        }
    }

    static func code(_ outcome: Outcome) -> Int64 {
        switch outcome {
        case .success: 0
        case .error: 1
        case .cancelled: 2
        }
    }

    /// SQLite's integers are signed; the bits are what is compared.
    static func bits(_ hash: UInt64) -> Int64 { Int64(bitPattern: hash) }
}
