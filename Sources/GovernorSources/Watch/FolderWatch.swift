import Glibc

/// The state of a watch, stepped by one thread: wait for the kernel or the clock, then say what changed.
package final class FolderWatch {
    private let roots: SourceRoots
    private let options: WatchOptions
    private let clock = ContinuousClock()
    private var inotify: Inotify?
    /// Why everything is looked at as often as without inotify.
    private var degradation: String?
    private var folders: [Int32: String] = [:]
    private var watches: [String: Int32] = [:]
    /// Folders in which a missing root, or a folder above it, would appear, and under which names.
    private var anchors: [Int32: Set<String>] = [:]
    /// Files that lie elsewhere, and the links they are read by.
    private var linked: [Int32: Set<String>] = [:]
    /// Every file as it was at the last look, and those of them that inotify told of since.
    private var known: [String: SourceFile] = [:]
    private var told: Set<String> = []
    /// What could not be looked into at the last look.
    private var problems: [SourceError] = []
    /// Looks in a row that found a change nobody had told of.
    private var silences = 0
    private var nextLook: ContinuousClock.Instant

    package init(roots: SourceRoots, options: WatchOptions = WatchOptions()) {
        self.roots = roots
        self.options = options
        nextLook = clock.now
        guard options.mode == .automatic else { return }
        do throws(SourceError) { inotify = try Inotify() } catch { degradation = "no inotify: \(error.cause)" }
    }

    /// Places all watches. What is in the files already is for the caller to discover, afterwards: then nothing falls
    /// between the two.
    package func start() -> [Change] {
        let troubles = look().filter { if case .unreadable = $0 { true } else { false } }
        let way =
            if let degradation { "looking every \(options.pollInterval) (\(degradation))" } else {
                inotify == nil ? "looking every \(options.pollInterval)" : "by inotify"
            }
        return [.rescan("started, \(way)")] + troubles
    }

    /// Waits for changes.
    /// - Parameter stop: a descriptor that becomes readable when it is time to end.
    /// - Returns: what changed, maybe nothing; nil when it is time to end.
    package func wait(stop: Int32) -> [Change]? {
        var descriptors = [pollfd(fd: stop, events: Int16(POLLIN), revents: 0)]
        if let inotify { descriptors.append(pollfd(fd: inotify.descriptor, events: Int16(POLLIN), revents: 0)) }
        let left = max(.zero, nextLook - clock.now)
        // Rounded up, so that waking early doesn't turn the last millisecond into a loop.
        let milliseconds = left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000 + 1
        let ready = poll(&descriptors, nfds_t(descriptors.count), Int32(clamping: milliseconds))
        if descriptors[0].revents != 0 { return nil }
        var changes: [Change] = []
        if ready > 0, let inotify { take(inotify.events(), &changes) }
        if clock.now >= nextLook { changes += look() }
        return changes
    }

    private var interval: Duration {
        inotify == nil || degradation != nil ? options.pollInterval : options.safetyInterval
    }

    /// Walks the roots, watches what is new, and compares every file with what it was the last time.
    private func look() -> [Change] {
        var found = Discovery()
        var changes: [Change] = []
        let toldBefore = told
        told = []
        // What appeared between the walk and the watch is found by walking again; a tree that grows faster than that
        // is left to the next look.
        for _ in 0..<16 {
            found = roots.discover()
            let grew = watch(found.folders, &changes)
            if !anchorMissingRoots(), !grew { break }
        }
        watchLinked(found.links)
        nextLook = clock.now + interval
        // What is queued by now may be about writes before the walk or after it: it counts as told at this look and at
        // the next.
        drain(&changes)
        compare(found.files, toldBefore.union(told), &changes)
        if found.problems != problems {
            problems = found.problems
            changes.append(.unreadable(problems))
        }
        return changes
    }

    /// Takes all that is queued, or, under a writer faster than this, a good part of it.
    private func drain(_ changes: inout [Change]) {
        guard let inotify else { return }
        for _ in 0..<1000 {
            let events = inotify.events()
            if events.isEmpty { return }
            take(events, &changes)
        }
    }

    private func compare(_ files: [SourceFile], _ told: Set<String>, _ changes: inout [Change]) {
        var now: [String: SourceFile] = [:]
        var untold: String?
        for file in files {
            now[file.path] = file
            guard let before = known[file.path] else {
                changes.append(.changed(file.path))
                continue
            }
            guard before != file else { continue }
            changes.append(.changed(file.path))
            if !file.hasSameContent(as: before), !told.contains(file.path) { untold = file.path }
        }
        changes += known.keys.filter { now[$0] == nil }.sorted().map { .changed($0) }
        known = now
        // Once may be a write whose event was still on its way.
        silences = untold == nil ? 0 : silences + 1
        if inotify != nil, silences >= 2, let untold { degrade("inotify is silent about \(untold)", &changes) }
    }

    /// - Returns: whether any of the folders was not watched before.
    private func watch(_ found: [String], _ changes: inout [Change]) -> Bool {
        guard let inotify else { return false }
        var isNew = false
        for folder in found {
            guard watches[folder] != nil || watches.count < options.watchLimit else {
                degrade("\(options.watchLimit) folders are watched, the others are not", &changes)
                break
            }
            do throws(SourceError) {
                // Also for what is watched already: another folder may be in its place.
                let number = try inotify.watch(folder, for: Inotify.content)
                let before = watches[folder]
                if before == number { continue }
                if let before { drop(before) }
                // The same folder under another name, after a rename: the last name counts.
                if let name = folders[number] { watches[name] = nil }
                folders[number] = folder
                watches[folder] = number
                isNew = true
            } catch {
                // Gone again, or not ours to read: the next look decides. Anything else is a limit.
                if error.code != .gone, error.code != .forbidden { degrade(error.cause, &changes) }
            }
        }
        return isNew
    }

    private func degrade(_ reason: String, _ changes: inout [Change]) {
        guard degradation == nil else { return }
        degradation = reason
        changes.append(.rescan("looking every \(options.pollInterval): \(reason)"))
    }

    /// Watches, for every root that isn't there, the nearest folder above it that is.
    /// - Returns: whether that is another than before.
    private func anchorMissingRoots() -> Bool {
        guard let inotify else { return false }
        let before = anchors
        anchors = [:]
        for root in roots.paths where watches[root] == nil {
            var path = root[...]
            while let slash = path.lastIndex(of: "/") {
                let name = String(path[path.index(after: slash)...])
                path = path[..<slash]
                let folder = path.isEmpty ? "/" : String(path)
                // Failing is no matter: then the next look finds the root.
                if let number = try? inotify.watch(folder, for: Inotify.arrivals) {
                    anchors[number, default: []].insert(name)
                    break
                }
            }
        }
        for number in before.keys where anchors[number] == nil && folders[number] == nil { inotify.forget(number) }
        return anchors != before
    }

    /// Watches the files behind links themselves: nobody tells of a change in a folder that is none of ours.
    private func watchLinked(_ links: [String]) {
        guard let inotify else { return }
        let before = linked
        linked = [:]
        for link in links {
            // Failing is no matter: then the next look finds what changed.
            if let number = try? inotify.watch(link, for: Inotify.file) { linked[number, default: []].insert(link) }
        }
        for number in before.keys where linked[number] == nil { inotify.forget(number) }
    }

    private func take(_ events: [Inotify.Event], _ changes: inout [Change]) {
        var paths: Set<String> = []
        var mustLook = false
        for event in events {
            if event.isOverflow {
                changes.append(.rescan("the kernel's queue of changes ran over"))
                mustLook = true
                continue
            }
            if anchors[event.watch]?.contains(event.name) == true { mustLook = true }
            for link in linked[event.watch] ?? [] where paths.insert(link).inserted { changes.append(.changed(link)) }
            guard let folder = folders[event.watch] else { continue }
            let path = event.name.isEmpty ? folder : "\(folder == "/" ? "" : folder)/\(event.name)"
            if problems.contains(where: { $0.path == path }) { mustLook = true }
            if event.has(Int(IN_IGNORED), Int(IN_UNMOUNT), Int(IN_DELETE_SELF), Int(IN_MOVE_SELF)) {
                forget(folder)
                mustLook = true
            } else if event.isFolder {
                if event.has(Int(IN_DELETE), Int(IN_MOVED_FROM)) {
                    forget(path)
                    mustLook = true
                } else {
                    enter(path, &paths, &changes)
                    // Its permissions may be others: what can't be looked into is told by a look at all.
                    if event.has(Int(IN_ATTRIB)) { mustLook = true }
                }
            } else if FileKind(path: event.name) != nil {
                if paths.insert(path).inserted { changes.append(.changed(path)) }
                if event.has(Int(IN_CREATE), Int(IN_MOVED_TO)), FileStatus.isLink(path) { mustLook = true }
            } else if event.has(Int(IN_CREATE), Int(IN_MOVED_TO)), FileStatus.isLink(path) {
                // To a folder, or to nothing that can be read.
                enter(path, &paths, &changes)
                mustLook = true
            }
        }
        told.formUnion(paths)
        // Not from here: looking takes events itself.
        if mustLook { nextLook = clock.now }
    }

    /// Watches a folder and all below it, then tells of every file there: what was written before the watch stood.
    private func enter(_ folder: String, _ paths: inout Set<String>, _ changes: inout [Change]) {
        for _ in 0..<16 {
            let found = roots.discover(below: folder)
            let grew = watch(found.folders, &changes)
            for file in found.files where paths.insert(file.path).inserted { changes.append(.changed(file.path)) }
            if !grew { break }
        }
    }

    /// Ends the watches of a folder and all below it.
    private func forget(_ folder: String) {
        let below = folder + "/"
        for (path, number) in watches where path == folder || path.hasPrefix(below) {
            watches[path] = nil
            drop(number)
        }
    }

    private func drop(_ number: Int32) {
        folders[number] = nil
        if anchors[number] == nil { inotify?.forget(number) }
    }
}
