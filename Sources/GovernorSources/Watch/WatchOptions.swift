/// Something that may have changed what a source holds.
package enum Change: Hashable, Sendable {
    /// This file may hold something new, may be another, or may be gone.
    case changed(String)
    /// Changes may have been missed: discover and read everything again. The reason is for the log.
    case rescan(String)
    /// What could not be looked into at the last look, in place of what was told before; empty when everything could.
    case unreadable([SourceError])
    /// Some seconds have passed: what failed may be tried again. No watcher tells this.
    case pass
}

/// How files are watched.
package struct WatchOptions: Sendable {
    package enum Mode: Sendable {
        /// inotify, with a slow look at everything beside it; looking alone where there is no inotify.
        case automatic
        /// Looking alone.
        case poll
    }

    package var mode: Mode
    /// How often everything is looked at where nobody tells of changes.
    package var pollInterval: Duration
    /// How often everything is looked at beside inotify, which is silent about other machines' writes (NFS, overlay).
    package var safetyInterval: Duration
    /// How many folders inotify is asked to watch; above it they are looked at.
    package var watchLimit: Int

    package init(
        mode: Mode = .automatic, pollInterval: Duration = .seconds(2), safetyInterval: Duration = .seconds(10),
        watchLimit: Int = 100_000
    ) {
        self.mode = mode
        self.pollInterval = pollInterval
        self.safetyInterval = safetyInterval
        self.watchLimit = watchLimit
    }
}
