/// Which file is read next: what changes now before history, and what failed again after a while.
///
/// A value without a clock or files: it is told what was found, what changed and how reading went, and says what is due.
package struct ReadQueue: Sendable {
    /// One read of one file, a batch long.
    package struct Turn: Hashable, Sendable {
        package var path: String
        package var kind: FileKind
        /// Whether the file changed just now.
        package var isLive: Bool
    }

    private struct Failure {
        var attempts = 0
        /// The moment at which it is tried again.
        var due = 0
        var kind: FileKind
    }

    private var live = Lane()
    private var history = Lane()
    private var failures: [String: Failure] = [:]
    private var moments = 0
    private var turns = 0
    /// Files of the first look that were not yet tried to their end; nil before it.
    private var first: Set<String>?
    /// What is known of how far reading is.
    package private(set) var progress = ReadingProgress()

    package init() {}

    /// Whether history is still being read for the first time since the start.
    package var isCatchingUp: Bool { first?.isEmpty != true }

    /// A walk found these files, in the order in which they are to be read.
    /// - Parameters:
    ///   - files: all there are.
    ///   - renamed: paths that are gone and have something left to read under another name.
    ///   - behind: bytes of a file that are not read yet.
    package mutating func found(_ files: [SourceFile], renamed: [String] = [], behind: (SourceFile) -> Int64) {
        if first == nil { first = Set(files.map(\.path)) }
        progress.found(files, behind: behind)
        for path in renamed {
            if let kind = FileKind(path: path) { history.add(Turn(path: path, kind: kind, isLive: false)) }
        }
        for file in files where !live.contains(file.path) {
            history.add(Turn(path: file.path, kind: file.kind, isLive: false))
        }
    }

    /// A file may hold something new. It is read before history, and one that failed is tried again.
    package mutating func changed(_ path: String, _ kind: FileKind) {
        history.remove(path)
        live.add(Turn(path: path, kind: kind, isLive: true))
    }

    /// What is to be read now; nil when nothing is.
    ///
    /// Every fourth turn is history's, so that files that never rest don't hold it up for ever.
    package mutating func next() -> Turn? {
        turns = turns &+ 1
        if turns.isMultiple(of: 4), let turn = history.take() { return turn }
        return live.take() ?? history.take()
    }

    /// Whether nothing is to be read now.
    package var isEmpty: Bool { live.isEmpty && history.isEmpty }

    /// The next turn of history, to be stored together with one that was just taken; nil when something else is due.
    package mutating func nextOfHistory() -> Turn? { live.isEmpty ? history.take() : nil }

    /// The turn was not used after all; it is next again.
    package mutating func putBack(_ turn: Turn) { history.addFirst(turn) }

    /// The turn's file was read to its end.
    package mutating func finished(_ turn: Turn) {
        failures[turn.path] = nil
        first?.remove(turn.path)
        progress.finished(turn.path, turn.kind)
    }

    /// There is more in the turn's file right now. History is read file by file, those that change in turn.
    /// - Parameter read: how many bytes of it were read.
    package mutating func goesOn(_ turn: Turn, read: Int64) {
        failures[turn.path] = nil
        progress.goesOn(turn.path, turn.kind, read: read)
        if turn.isLive { live.add(turn) } else if !live.contains(turn.path) { history.addFirst(turn) }
    }

    /// The turn's file is gone.
    package mutating func gone(_ turn: Turn) {
        failures[turn.path] = nil
        first?.remove(turn.path)
        progress.gone(turn.path)
    }

    /// The turn's file can't be read, or what was read not be stored.
    ///
    /// - Parameter backsOff: whether the wait for the next try doubles: 1, 2, 4, 8, at last every 12 moments. Else it is
    ///   tried at the next one.
    package mutating func failed(_ turn: Turn, backsOff: Bool = true) {
        first?.remove(turn.path)
        var failure = failures[turn.path] ?? Failure(kind: turn.kind)
        let wait = backsOff ? min(1 << min(failure.attempts, 4), 12) : 1
        failure.attempts = min(failure.attempts + 1, 16)
        failure.due = moments + wait
        failures[turn.path] = failure
        progress.failed(turn.path, turn.kind)
    }

    /// Some seconds have passed: what failed long enough ago is due again, behind all that waits.
    package mutating func pass() {
        moments += 1
        for (path, failure) in failures.sorted(by: { $0.key < $1.key }) where failure.due <= moments {
            if !live.contains(path) { history.add(Turn(path: path, kind: failure.kind, isLive: false)) }
        }
    }
}

/// Turns in order, each path once.
private struct Lane: Sendable {
    private var waiting: [ReadQueue.Turn?] = []
    private var head = 0
    private var members: Set<String> = []

    var isEmpty: Bool { members.isEmpty }

    func contains(_ path: String) -> Bool { members.contains(path) }

    mutating func add(_ turn: ReadQueue.Turn) {
        if members.insert(turn.path).inserted { waiting.append(turn) }
    }

    mutating func addFirst(_ turn: ReadQueue.Turn) {
        guard members.insert(turn.path).inserted else { return }
        if head > 0 {
            head -= 1
            waiting[head] = turn
        } else {
            waiting.insert(turn, at: 0)
        }
    }

    /// It is passed over when its turn comes.
    mutating func remove(_ path: String) { members.remove(path) }

    mutating func take() -> ReadQueue.Turn? {
        while head < waiting.count {
            let turn = waiting[head]
            waiting[head] = nil
            head += 1
            guard let turn, members.remove(turn.path) != nil else { continue }
            // A lane that is never empty must not grow for ever.
            if head > 1024, head * 2 > waiting.count {
                waiting.removeFirst(head)
                head = 0
            }
            return turn
        }
        waiting = []
        head = 0
        return nil
    }
}
