import Foundation

/// Where the control socket is: the same search for the daemon and everybody who asks it.
package enum SocketPath {
    /// Folder of a system-wide daemon.
    package static let systemFolder = "/run/governor"

    /// `$GOVERNOR_SOCKET`, else `/run/governor/governor.sock` when it can be made there, else
    /// `$XDG_RUNTIME_DIR/governor.sock`, else in the data folder.
    package static func serving(environment: [String: String], dataFolder: String) -> String {
        if let named = named(environment) { return named }
        if access(systemFolder, W_OK) == 0 { return systemFolder + "/governor.sock" }
        if let runtime = environment["XDG_RUNTIME_DIR"], !runtime.isEmpty, access(runtime, W_OK) == 0 {
            return runtime + "/governor.sock"
        }
        return dataFolder + "/governor.sock"
    }

    /// The same places, the first at which there is a socket; what a client tries.
    package static func asking(environment: [String: String], dataFolder: String) -> String {
        if let named = named(environment) { return named }
        let runtime = environment["XDG_RUNTIME_DIR"].flatMap { $0.isEmpty ? nil : $0 }
        let places = [systemFolder, runtime, dataFolder].compactMap { $0 }.map { $0 + "/governor.sock" }
        return places.first { access($0, F_OK) == 0 } ?? dataFolder + "/governor.sock"
    }

    /// `$XDG_DATA_HOME/governor`, else `~/.local/share/governor`.
    package static func dataFolder(environment: [String: String]) -> String {
        if let base = environment["XDG_DATA_HOME"], !base.isEmpty { return base + "/governor" }
        return (environment["HOME"] ?? ".") + "/.local/share/governor"
    }

    private static func named(_ environment: [String: String]) -> String? {
        environment["GOVERNOR_SOCKET"].flatMap { $0.isEmpty ? nil : $0 }
    }
}
