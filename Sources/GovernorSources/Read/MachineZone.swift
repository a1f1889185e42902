import Foundation
package import GovernorCore

extension Zone {
    /// The machine's, in which programs write times that name none; UTC where it can't be told.
    package static var machine: Zone { Zone(identifier: TimeZone.current.identifier) ?? .utc }
}
