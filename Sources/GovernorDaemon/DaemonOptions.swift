/// What `governor run` is told.
package struct DaemonOptions: Sendable {
    package var policies: String
    package var data: String
    package var socket: String
    /// Host and port of the HTTP listener.
    package var listen: ListenAddress
    /// A second listener for displays alone.
    package var feedListen: ListenAddress?
    /// Whether that one needs no token off loopback.
    package var isFeedOpen: Bool
    /// Folders of transcripts and coordinator logs; empty for the usual places.
    package var watch: [String]
    /// The token remote callers must carry.
    package var token: String?
    /// Further names this machine is reached by.
    package var hosts: [String]
    package var environment: [String: String]

    package init(
        policies: String, data: String, socket: String, listen: ListenAddress, feedListen: ListenAddress? = nil,
        isFeedOpen: Bool = false, watch: [String] = [], token: String? = nil, hosts: [String] = [],
        environment: [String: String]
    ) {
        self.policies = policies
        self.data = data
        self.socket = socket
        self.listen = listen
        self.feedListen = feedListen
        self.isFeedOpen = isFeedOpen
        self.watch = watch
        self.token = token
        self.hosts = hosts
        self.environment = environment
    }
}

/// `host:port`, `[::1]:8787`.
package struct ListenAddress: Hashable, Sendable {
    package var host: String
    package var port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// - Returns: nil when there is no port from 0 to 65535 behind the last colon.
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port), colon > text.startIndex
        else { return nil }
        host = Gate.host(String(text[..<colon]))
        self.port = port
    }

    package var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }
}

/// Why the daemon can't start, for people, with the exit code that goes with it.
package struct StartFailure: Error, CustomStringConvertible, Sendable {
    package var description: String
    package var exitCode: Int32
}
