/// Which addresses may be connected, so that a policy file can't make the daemon speak to the machine's own services or
/// to a cloud's metadata. Asked of the very address that is about to be connected, never of the name.
package enum AddressRule: Hashable, Sendable {
    case open
    /// Loopback or a private network; the text says which. Only for receivers with `allow_private: true`.
    case needsConsent(String)
    /// The text says why.
    case never(String)

    /// - Parameter bytes: an address in network order: 4 bytes for IPv4, 16 for IPv6; anything else is never allowed.
    package static func of(_ bytes: [UInt8]) -> AddressRule {
        switch bytes.count {
        case 4: version4(bytes)
        case 16: version6(bytes)
        default: .never("neither an IPv4 nor an IPv6 address")
        }
    }

    /// Whether it may be connected.
    package func allows(consent: Bool) -> Bool {
        switch self {
        case .open: true
        case .needsConsent: consent
        case .never: false
        }
    }

    private static func version4(_ bytes: [UInt8]) -> AddressRule {
        switch (bytes[0], bytes[1], bytes[2], bytes[3]) {
        case (169, 254, _, _): .never("link-local, where clouds keep their metadata")
        // Alibaba's metadata sits in the shared range.
        case (100, 100, 100, 200): .never("a cloud's metadata")
        case (127, _, _, _): .needsConsent("loopback")
        case (0, _, _, _): .needsConsent("this host")
        case (10, _, _, _), (172, 16...31, _, _), (192, 168, _, _): .needsConsent("a private network")
        case (100, 64...127, _, _): .needsConsent("a carrier's shared network")
        default: .open
        }
    }

    private static func version6(_ bytes: [UInt8]) -> AddressRule {
        // Forms that end up at an IPv4 address are judged by that: ::ffff:a.b.c.d (mapped), 64:ff9b::a.b.c.d (NAT64),
        // 2002:aabb:ccdd:: (6to4), and the old ::a.b.c.d, which also covers :: and ::1.
        if bytes[..<10].allSatisfy({ $0 == 0 }), bytes[10] == 0xFF, bytes[11] == 0xFF {
            return version4(bytes.suffix(4))
        }
        if bytes[..<12] == [0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0] { return version4(bytes.suffix(4)) }
        if bytes[0] == 0x20, bytes[1] == 0x02 { return version4(Array(bytes[2..<6])) }
        if bytes[..<12].allSatisfy({ $0 == 0 }) {
            return bytes[12..<15].allSatisfy { $0 == 0 } && bytes[15] == 1
                ? .needsConsent("loopback") : version4(bytes.suffix(4))
        }
        // Amazon's metadata sits in the unique local range.
        if bytes == [0xFD, 0, 0x0E, 0xC2] + [UInt8](repeating: 0, count: 10) + [0x02, 0x54] {
            return .never("a cloud's metadata")
        }
        if bytes[0] == 0xFE, bytes[1] & 0xC0 == 0x80 { return .never("link-local") }
        if bytes[0] & 0xFE == 0xFC { return .needsConsent("a private network") }
        return .open
    }
}
