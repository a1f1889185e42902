package import GovernorCore

/// Follows files through everything that happens to them: keeps how far each was read, and reads on from there.
///
/// A file that is found under a second name (a rotated log whose new name is read too, a link) goes on from where it was
/// read under the first one.
package struct Tail: Sendable {
    private let reader: FileReader
    /// By path.
    private var cursors: [String: FileCursor]
    /// How far each file was read, under whichever name it was read furthest; also when that name is another file's now.
    private var files: [FileKey: FileCursor] = [:]
    private let held = HeldFiles()

    /// So many files that lost their names are remembered beside those that have one.
    private static let spare = 1000
    /// A file that doesn't grow any more is held for so many moments: a minute of five-second ones.
    private static let idleLimit = 12

    /// - Parameter cursors: by path, as they were stored.
    package init(reader: FileReader, cursors: [String: FileCursor] = [:]) {
        self.reader = reader
        self.cursors = cursors
        index()
    }

    /// How far a path was read.
    package func cursor(of path: String) -> FileCursor? { cursors[path] }

    /// Reads on. What comes back is read again until `take` is told that it is stored.
    ///
    /// - Parameter limit: records and rejected lines a batch holds at most.
    /// - Returns: nil when there is nothing new.
    /// - Throws: when the file can't be opened or read.
    package func read(_ path: String, _ kind: FileKind, limit: Int) throws(SourceError) -> SourceBatch? {
        let own = cursors[path].map(furthest)
        return try reader.read(
            path: path, kind: kind, from: adopted(path, own) ?? own, held: own.flatMap(held.place), limit: limit)
    }

    /// A batch and its cursor are stored.
    /// - Parameter isLive: whether the file grows now, so that it may be deleted before all of it is read.
    package mutating func take(_ batch: SourceBatch, isLive: Bool) {
        cursors[batch.path] = batch.cursor
        // A batch that was read from the start says that what was known of the file is no longer true.
        files[FileKey(batch.cursor)] = batch.cursor
        if files.count > 2 * cursors.count + Self.spare { index() }
        if isLive { held.hold(batch.cursor) }
    }

    /// Bytes of a file that are not read yet.
    package func bytesBehind(_ file: SourceFile) -> Int64 {
        guard let cursor = cursors[file.path], cursor.inode == file.inode, (0...file.size).contains(cursor.offset)
        else {
            return file.size
        }
        return file.size - cursor.offset
    }

    /// Some seconds have passed.
    /// - Returns: paths whose file grew; of one that has no name any more nobody else tells.
    package func pass() -> [String] { held.pass(idleLimit: Self.idleLimit) }

    /// Paths that are gone, whose files lie beside them under names that are not read; all that is in them must still be
    /// read, since they may have grown before they were renamed.
    ///
    /// - Parameter found: the paths that are there.
    package func renamed(besides found: Set<String>) -> [String] {
        let gone = cursors.values.filter { !found.contains($0.path) }
        let folders = Dictionary(grouping: gone) { MovedFile.folder(of: $0.path) }
        return folders.sorted { $0.key < $1.key }.flatMap { folder, gone in
            let sizes = MovedFile.sizes(in: folder)
            return gone.filter { cursor in sizes[FileKey(cursor)].map { $0 > cursor.offset } ?? false }
                .map(\.path).sorted()
        }
    }

    /// The cursor that is furthest in the same file, under whatever name.
    private func furthest(_ cursor: FileCursor) -> FileCursor {
        guard let other = files[FileKey(cursor)], other.offset > cursor.offset else { return cursor }
        return other
    }

    /// Where the file that is at a path now was read to under another name; nil when the path's own cursor is to be used.
    private func adopted(_ path: String, _ own: FileCursor?) -> FileCursor? {
        // What is wrong with the file is for the reader to say.
        do throws(SourceError) {
            let file = FileKey(try FileStatus(path: path))
            guard own.map(FileKey.init) != file, let cursor = files[file] else { return nil }
            let resumption = try Resumption(of: OpenFile(path: path), at: cursor)
            // A new file whose inode was used before is no old acquaintance.
            guard resumption.offset == cursor.offset, resumption.note == nil, !resumption.isAnotherFile else {
                return nil
            }
            // What the path's own file still holds comes before this one.
            if let own, MovedFile.find(own, besides: path) != nil || held.place(of: own) != nil { return nil }
            return cursor
        } catch { return nil }
    }

    /// Knows files by the cursors of all paths.
    private mutating func index() {
        files = [:]
        for cursor in cursors.values where cursor.offset >= files[FileKey(cursor)]?.offset ?? 0 {
            files[FileKey(cursor)] = cursor
        }
    }
}
