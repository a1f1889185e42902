import Foundation

/// An IANA time zone, with the few questions Governor asks of it.
///
/// Offsets come from Foundation's tz data; full `Foundation` is imported because `FoundationEssentials` alone knows no
/// zone but GMT.
package struct Zone: Hashable, Sendable {
    package let identifier: String
    private let timeZone: TimeZone

    package static let utc = Zone(fixed: "UTC")

    /// `UTC`, `GMT`, or `Area/Place` as the tz data spells it, old spellings (`Asia/Calcutta`, `US/Eastern`) included.
    /// - Returns: nil when the tz data has no such zone. Abbreviations (`PST`, and `EST`, which is in the data but never
    ///   changes its clock), offsets (`GMT+3`) and paths are refused.
    package init?(identifier: String) {
        // Foundation also takes spellings it makes sense of, and may stop reading at a NUL; what it took for another
        // name is none of the tz data's.
        guard identifier.contains("/") || identifier == "UTC" || identifier == "GMT",
            identifier.utf8.allSatisfy({ $0 > UInt8(ascii: " ") && $0 < 0x7F }),
            let zone = TimeZone(identifier: identifier), zone.identifier == identifier || identifier == "UTC"
        else { return nil }
        self.identifier = identifier
        timeZone = zone
    }

    private init(fixed identifier: String) {
        self.identifier = identifier
        timeZone = .gmt
    }

    /// Milliseconds the zone's clock is ahead of UTC at that instant.
    package func offset(at time: Timestamp) -> Int64 {
        // Whole seconds, rounded down: before 1970 too an offset holds from its first millisecond on.
        let seconds = Double(time.milliseconds.saturatingAdding(-time.milliseconds.modulo(1000)) / 1000)
        return Int64(timeZone.secondsFromGMT(for: Date(timeIntervalSince1970: seconds))) * 1000
    }

    /// What the wall clock shows.
    package func civil(at time: Timestamp) -> CivilTime {
        CivilTime(millisecondsAsUTC: time.milliseconds.saturatingAdding(offset(at: time)))
    }

    /// The first instant of that date here; where midnight does not exist, the instant the clock jumps over it; where it
    /// comes twice, the first.
    package func start(of date: CivilDate) -> Timestamp {
        instant(of: CivilTime(date: date, millisecondOfDay: 0))
    }

    /// The first instant at which the wall clock shows at least this reading.
    package func instant(of civil: CivilTime) -> Timestamp {
        let naive = civil.millisecondsAsUTC
        // A day either side brackets any change of offset, which is never larger than a day.
        let before = offset(at: Timestamp(milliseconds: naive.saturatingAdding(-86_400_000)))
        let after = offset(at: Timestamp(milliseconds: naive.saturatingAdding(86_400_000)))
        let candidates = [naive.saturatingAdding(-before), naive.saturatingAdding(-after)].sorted()
        if let exact = candidates.first(where: {
            $0.saturatingAdding(offset(at: Timestamp(milliseconds: $0))) == naive
        }) {
            return Timestamp(milliseconds: exact)
        }
        // In a gap: the clock jumps over this reading somewhere between the two candidates.
        let low = candidates[0].saturatingAdding(-1)
        return transition(after: low, upTo: candidates[1], from: offset(at: Timestamp(milliseconds: low)))
    }

    /// The first instant in `(low, high]` whose offset is no longer `offset`, by bisection; both ends in milliseconds.
    package func transition(after low: Int64, upTo high: Int64, from offset: Int64) -> Timestamp {
        var low = low
        var high = high
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if self.offset(at: Timestamp(milliseconds: middle)) == offset { low = middle } else { high = middle }
        }
        return Timestamp(milliseconds: high)
    }

    package static func == (left: Zone, right: Zone) -> Bool { left.identifier == right.identifier }
    package func hash(into hasher: inout Hasher) { hasher.combine(identifier) }
}
