import Foundation
import Glibc

/// Tells of changes in the files under the roots, about a millisecond after they happen.
///
/// The first element is always a `.rescan`, given once all watches stand: discovering and reading after it misses
/// nothing. Changes that come while the consumer is busy are united, so that what waits is bounded by the number of
/// files. One consumer at a time.
package final class FileWatcher: AsyncSequence, Sendable {
    package typealias Element = [Change]

    private let mailbox = Mailbox()
    private let stopping: StopSignal

    /// Starts to watch at once, on a thread of its own.
    /// - Throws: when the system has no descriptors left.
    package init(roots: SourceRoots, options: WatchOptions = WatchOptions()) throws(SourceError) {
        let stopping = try StopSignal()
        self.stopping = stopping
        // inotify's and poll's waits block, which a thread of the concurrency pool must not.
        let thread = Thread { [mailbox] in
            let watch = FolderWatch(roots: roots, options: options)
            mailbox.post(watch.start())
            while let changes = watch.wait(stop: stopping.descriptor) { mailbox.post(changes) }
            mailbox.close()
        }
        thread.name = "governor-watch"
        thread.start()
    }

    deinit { stop() }

    /// Ends the watch and, after what was already seen, the sequence.
    package func stop() { stopping.send() }

    package func makeAsyncIterator() -> Iterator { Iterator(watcher: self) }

    package struct Iterator: AsyncIteratorProtocol {
        fileprivate let watcher: FileWatcher

        /// nil after `stop`, and when the task is cancelled.
        package mutating func next() async -> [Change]? { await watcher.mailbox.next() }

        package mutating func next(isolation actor: isolated (any Actor)?) async -> [Change]? {
            await watcher.mailbox.next()
        }
    }
}

/// Wakes a thread out of `poll` for good.
private final class StopSignal: Sendable {
    /// Readable once `send` was called.
    let descriptor: Int32
    private let input: Int32

    init() throws(SourceError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw SourceError(number: errno, path: "pipe") }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        (descriptor, input) = (ends[0], ends[1])
    }

    deinit {
        close(descriptor)
        close(input)
    }

    func send() {
        var byte: UInt8 = 1
        // One byte is enough: when the pipe is full, it was sent often enough.
        _ = write(input, &byte, 1)
    }
}
