import Foundation

/// A file that a source may be read from.
package struct SourceFile: Hashable, Sendable {
    package var path: String
    package var kind: FileKind
    /// Nanoseconds since 1970 of the last change of content.
    package var modified: Int64
    /// The same of content, permissions or name.
    package var changed: Int64
    /// Bytes.
    package var size: Int64
    package var inode: UInt64

    package init(path: String, kind: FileKind, modified: Int64, changed: Int64, size: Int64, inode: UInt64) {
        self.path = path
        self.kind = kind
        self.modified = modified
        self.changed = changed
        self.size = size
        self.inode = inode
    }

    /// As far as can be told without opening it.
    func hasSameContent(as other: SourceFile) -> Bool {
        modified == other.modified && size == other.size && inode == other.inode
    }
}

/// What one walk over the roots found.
package struct Discovery: Sendable {
    /// Oldest first, by modification time, then by path: history is booked in the order in which it happened.
    package var files: [SourceFile] = []
    /// Every folder seen, roots included; what a watcher watches.
    package var folders: [String] = []
    /// Those of the files that are symbolic links: their content changes in another folder.
    package var links: [String] = []
    /// Folders and files that could not be looked into; the rest was.
    package var problems: [SourceError] = []
}

/// The folders whose files are read, with everything below them.
package struct SourceRoots: Hashable, Sendable {
    /// Absolute paths; a root that doesn't exist yet is looked for again.
    package let paths: [String]
    /// Whether somebody asked for just these, so that one which isn't there is a problem.
    package let areRequired: Bool

    /// - Parameter areRequired: whether a root that isn't there is a problem; else it may come or not.
    package init(paths: [String], areRequired: Bool = false) {
        self.areRequired = areRequired
        var seen: Set<String> = []
        self.paths = paths.map(Self.trimmed).filter { !$0.isEmpty && seen.insert($0).inserted }
    }

    /// `~/.claude/projects`, `~/.config/claude/projects`, `projects` in every folder of `$CLAUDE_CONFIG_DIR` (a comma
    /// list); `sessions` and `archived_sessions`, to which Codex moves what it puts away, of `~/.codex` and `$CODEX_HOME`;
    /// and `./logs/api`. There or not.
    package static func defaults(
        environment: [String: String], home: String, workingDirectory: String
    ) -> SourceRoots {
        func absolute(_ folder: String) -> String {
            if folder == "~" || folder.hasPrefix("~/") { return home + folder.dropFirst() }
            return folder.hasPrefix("/") ? folder : "\(workingDirectory)/\(folder)"
        }
        func named(_ variable: String) -> String { (environment[variable] ?? "").trimmingCharacters(in: .whitespaces) }
        let claude = named("CLAUDE_CONFIG_DIR").split(separator: ",")
            .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }.map(absolute)
        let codex = ["\(home)/.codex"] + [named("CODEX_HOME")].filter { !$0.isEmpty }.map(absolute)
        return SourceRoots(
            paths: ["\(home)/.claude/projects", "\(home)/.config/claude/projects"]
                + claude.map { "\(trimmed($0))/projects" }
                + codex.flatMap { ["\(trimmed($0))/sessions", "\(trimmed($0))/archived_sessions"] }
                + ["\(workingDirectory)/logs/api"])
    }

    /// Walks all roots. Symbolic links are followed, but no folder is entered twice, so that links can't form a cycle.
    /// A root that isn't there is no problem unless it was asked for; one that can't be read is.
    package func discover() -> Discovery {
        var walk = Walk()
        for path in paths { walk.enter(path, as: areRequired ? .requiredRoot : .root) }
        return walk.result
    }

    /// The part of a root's tree that begins at `folder`.
    func discover(below folder: String) -> Discovery {
        var walk = Walk()
        walk.enter(folder, as: .part)
        return walk.result
    }

    private static func trimmed(_ path: String) -> String {
        var path = path[...]
        while path.count > 1, path.hasSuffix("/") { path = path.dropLast() }
        return String(path)
    }
}

/// One walk over folders, without recursion: a hostile depth costs memory for its paths and nothing else.
private struct Walk {
    enum Standing { case root, requiredRoot, part }

    private struct Place: Hashable {
        var device: UInt64
        var inode: UInt64
    }

    private var found = Discovery()
    private var visited: Set<Place> = []

    var result: Discovery {
        var sorted = found
        sorted.files.sort { ($0.modified, $0.path) < ($1.modified, $1.path) }
        return sorted
    }

    mutating func enter(_ folder: String, as standing: Standing) {
        var waiting = [folder]
        var standing = standing
        while let folder = waiting.popLast() {
            do throws(SourceError) {
                let status = try FileStatus(path: folder)
                guard status.isFolder else {
                    throw SourceError(code: .wrongKind, path: folder, cause: "not a folder")
                }
                guard visited.insert(Place(device: status.device, inode: status.inode)).inserted else { continue }
                // A folder that can't be listed is watched all the same: permission may come back.
                found.folders.append(folder)
                try list(folder, &waiting)
            } catch {
                // Deleted since it was listed is no problem either.
                if error.code != .gone {
                    found.problems.append(error)
                } else if standing == .requiredRoot {
                    found.problems.append(SourceError(code: .missing, path: folder, cause: error.cause))
                }
            }
            standing = .part
        }
    }

    private mutating func list(_ folder: String, _ waiting: inout [String]) throws(SourceError) {
        for entry in try FolderListing.entries(of: folder) {
            let path = folder == "/" ? "/\(entry.name)" : "\(folder)/\(entry.name)"
            switch entry.kind {
            case .folder: waiting.append(path)
            case .other: continue
            case .file: if let kind = FileKind(path: entry.name) { note(path, kind, &waiting) }
            case .link, .unknown: note(path, FileKind(path: entry.name), &waiting, isLink: entry.kind == .link)
            }
        }
    }

    private mutating func note(
        _ path: String, _ kind: FileKind?, _ waiting: inout [String], isLink: Bool = false
    ) {
        do throws(SourceError) {
            let status = try FileStatus(path: path)
            if status.isFolder {
                waiting.append(path)
            } else if let kind, status.isFile {
                if isLink { found.links.append(path) }
                found.files.append(
                    SourceFile(
                        path: path, kind: kind, modified: status.modified, changed: status.changed, size: status.size,
                        inode: status.inode))
            }
        } catch {
            // Deleted since it was listed, or a link to nothing: neither is anybody's problem.
            if error.code != .gone { found.problems.append(error) }
        }
    }
}
