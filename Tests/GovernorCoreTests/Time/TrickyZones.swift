import GovernorCore
import Seeds

/// Zones whose clocks did something awkward between 1990 and 2037: half hours, midnights that are skipped or come twice,
/// whole days left out, rules in other months, offsets with quarters.
let trickyZones = [
    "Europe/Warsaw", "Europe/London", "Europe/Dublin", "Europe/Lisbon", "Europe/Moscow", "Europe/Istanbul",
    "Europe/Volgograd", "Europe/Chisinau", "America/New_York", "America/Sao_Paulo", "America/St_Johns",
    "America/Goose_Bay", "America/Moncton", "America/Havana", "America/Santiago", "America/Asuncion",
    "America/Caracas", "America/Nuuk", "America/Scoresbysund", "America/Mexico_City", "America/Bogota",
    "America/Argentina/San_Luis", "America/Port-au-Prince", "America/Metlakatla", "Asia/Beirut", "Asia/Gaza",
    "Asia/Amman", "Asia/Tehran", "Asia/Kathmandu", "Asia/Kolkata", "Asia/Pyongyang", "Asia/Colombo", "Asia/Dhaka",
    "Asia/Ulaanbaatar", "Africa/Cairo", "Africa/Casablanca", "Africa/Windhoek", "Africa/Juba", "Pacific/Apia",
    "Pacific/Fakaofo", "Pacific/Kwajalein", "Pacific/Kiritimati", "Pacific/Tongatapu", "Pacific/Chatham",
    "Pacific/Marquesas", "Pacific/Easter", "Pacific/Norfolk", "Australia/Lord_Howe", "Australia/Adelaide",
    "Australia/Eucla", "Atlantic/Azores", "Antarctica/Troll", "Antarctica/Casey", "UTC",
]

extension SeededGenerator {
    /// Instants that a mistake would show at: near a change of the offset, near midnight, near a month's end, anywhere.
    mutating func awkwardInstant(in zone: Zone) -> Timestamp {
        let anywhere = Timestamp(milliseconds: number(631_152_000_000...2_145_916_800_000))
        switch number(0..<4) {
        case 0:
            let later = anywhere + .days(200)
            let offset = zone.offset(at: anywhere)
            guard zone.offset(at: later) != offset else { return anywhere }
            let change = zone.transition(after: anywhere.milliseconds, upTo: later.milliseconds, from: offset)
            return change + Span(milliseconds: number(-7_200_000...7_200_000))
        case 1:
            let midnight = zone.start(of: zone.civil(at: anywhere).date)
            return midnight + Span(milliseconds: number(-2...2))
        case 2:
            let date = zone.civil(at: anywhere).date
            let first = zone.start(of: CivilDate(year: date.year, month: date.month, day: 1))
            return first + Span(milliseconds: number(-90_000_000...90_000_000))
        default: return anywhere
        }
    }

    /// A period of that unit that begins anywhere in it, often on its last days or between one and three at night, when
    /// most clocks are changed.
    mutating func period(_ unit: Window.CalendarUnit) -> Window.Period {
        switch unit {
        case .hour: Window.Period(.hour)
        case .day: Window.Period(.day, startsAt: reading())
        case .week: Window.Period(.week, startsOn: number(1...7))
        case .month, .quarter, .year: Window.Period(unit, startsOn: once(in: 2) ? number(28...31) : number(1...31))
        }
    }

    /// A wall clock's reading below 24:00, in whole minutes.
    mutating func reading() -> Span { .minutes(once(in: 2) ? number(0...200) : number(0...1439)) }
}
