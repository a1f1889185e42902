import CCurl

/// libcurl as it was found on this machine; opened when it is first asked for, never linked.
package enum CurlLibrary {
    /// Why nothing can be sent over the network; nil when libcurl is there.
    package static var problem: String? { ccurl_problem().map { String(cString: $0) } }

    /// `libcurl/7.88.1 OpenSSL/3.0.15 …`; nil when it could not be opened.
    package static var version: String? { ccurl_version().map { String(cString: $0) } }

    /// Why a library of that name could not do libcurl's work; nil when it could.
    package static func problem(opening name: String) -> String? {
        var why = [CChar](repeating: 0, count: 512)
        guard !ccurl_can_open(name, &why, why.count) else { return nil }
        return String(decoding: why.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
