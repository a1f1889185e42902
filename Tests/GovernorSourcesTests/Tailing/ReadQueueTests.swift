import GovernorSources
import Testing

/// What is read next, and what is told of it.
@Suite struct ReadQueueTests {
    private static func file(_ path: String, _ size: Int64 = 10, kind: FileKind = .transcript) -> SourceFile {
        SourceFile(path: path, kind: kind, modified: 0, changed: 0, size: size, inode: 1)
    }

    private static func queue(_ files: [SourceFile]) -> ReadQueue {
        var queue = ReadQueue()
        queue.found(files) { $0.size }
        return queue
    }

    private static func turn(_ queue: inout ReadQueue) throws -> ReadQueue.Turn {
        let turn = queue.next()
        return try #require(turn)
    }

    private static func drain(_ queue: inout ReadQueue) -> [String] {
        var paths: [String] = []
        while let turn = queue.next() {
            paths.append(turn.path)
            queue.finished(turn)
        }
        return paths
    }

    @Test func `history is read in its order, and what changes before it, once`() {
        var queue = Self.queue((1...5).map { Self.file("h\($0).jsonl") })
        queue.changed("live.jsonl", .transcript)
        queue.changed("h4.jsonl", .transcript)
        queue.changed("live.jsonl", .transcript)
        #expect(
            Self.drain(&queue)
                == ["live.jsonl", "h4.jsonl", "h1.jsonl", "h2.jsonl", "h3.jsonl", "h5.jsonl"])
        #expect(Self.drain(&queue).isEmpty)
    }

    @Test func `a change while a file is read has it read once more`() throws {
        var queue = Self.queue([Self.file("a.jsonl")])
        let turn = try Self.turn(&queue)
        queue.changed("a.jsonl", .transcript)
        queue.finished(turn)
        #expect(Self.drain(&queue) == ["a.jsonl"])
    }

    @Test func `files that never rest leave every fourth turn to history`() throws {
        var queue = Self.queue((1...3).map { Self.file("h\($0).jsonl") })
        var turns: [String] = []
        queue.changed("busy.jsonl", .transcript)
        while queue.isCatchingUp {
            let turn = try Self.turn(&queue)
            turns.append(turn.path)
            queue.finished(turn)
            queue.changed("busy.jsonl", .transcript)
        }
        #expect(turns.count == 12)
        #expect(turns.filter { $0 != "busy.jsonl" } == ["h1.jsonl", "h2.jsonl", "h3.jsonl"])
    }

    @Test func `a large file of history is read to its end before the next, large ones that change take turns`() throws
    {
        var queue = Self.queue([Self.file("h1.jsonl", 300), Self.file("h2.jsonl")])
        var turn = try Self.turn(&queue)
        queue.goesOn(turn, read: 100)
        turn = try Self.turn(&queue)
        #expect(turn.path == "h1.jsonl")
        queue.changed("a.jsonl", .transcript)
        queue.changed("b.jsonl", .transcript)
        queue.goesOn(turn, read: 200)
        turn = try Self.turn(&queue)
        #expect(turn.path == "a.jsonl")
        queue.goesOn(turn, read: 5)
        var next: [String] = []
        while let turn = queue.next() {
            next.append(turn.path)
            queue.finished(turn)
        }
        #expect(next == ["h1.jsonl", "b.jsonl", "a.jsonl", "h2.jsonl"], "the fourth turn is history's")
    }

    @Test func `what fails is tried again after 1, 2, 4, 8 and then every 12 moments, and at once when it changes`()
        throws
    {
        var queue = Self.queue([Self.file("bad.jsonl")])
        var waits: [Int] = []
        for _ in 0..<7 {
            var waited = 0
            while true {
                if let turn = queue.next() {
                    queue.failed(turn)
                    break
                }
                waited += 1
                queue.pass()
            }
            waits.append(waited)
        }
        #expect(waits == [0, 1, 2, 4, 8, 12, 12])
        queue.changed("bad.jsonl", .transcript)
        #expect(Self.drain(&queue) == ["bad.jsonl"])
        for _ in 0..<30 { queue.pass() }
        #expect(Self.drain(&queue).isEmpty, "it was read")
        queue.changed("bad.jsonl", .transcript)
        queue.failed(try Self.turn(&queue))
        queue.pass()
        #expect(Self.drain(&queue) == ["bad.jsonl"], "it begins anew")
    }

    @Test func `what could not be stored is tried at every moment`() throws {
        var queue = Self.queue([Self.file("a.jsonl")])
        for _ in 0..<5 {
            queue.failed(try Self.turn(&queue), backsOff: false)
            let turn = queue.next()
            #expect(turn == nil)
            queue.pass()
        }
    }

    @Test func `progress counts files and bytes, and what fails stays behind`() throws {
        var queue = ReadQueue()
        #expect(queue.isCatchingUp && queue.progress.counts.isEmpty)
        queue.found([
            Self.file("a.jsonl", 100), Self.file("b.jsonl", 50), Self.file("c.jsonl", 7),
            Self.file("api-calls-1.jsonl", 9, kind: .coordinator),
        ]) { $0.size }
        #expect(
            queue.progress.counts == [
                .transcript: .init(files: 3, read: 0, bytesBehind: 157),
                .coordinator: .init(files: 1, read: 0, bytesBehind: 9),
            ])
        queue.goesOn(try Self.turn(&queue), read: 60)
        #expect(queue.progress.counts[.transcript] == .init(files: 3, read: 0, bytesBehind: 97))
        queue.finished(try Self.turn(&queue))
        queue.failed(try Self.turn(&queue))
        queue.gone(try Self.turn(&queue))
        #expect(queue.isCatchingUp)
        queue.finished(try Self.turn(&queue))
        #expect(!queue.isCatchingUp, "every file was tried")
        #expect(
            queue.progress.counts == [
                .transcript: .init(files: 2, read: 1, bytesBehind: 50), .coordinator: .init(files: 1, read: 1),
            ])
        queue.changed("new.jsonl", .transcript)
        queue.finished(try Self.turn(&queue))
        #expect(queue.progress.counts[.transcript] == .init(files: 3, read: 2, bytesBehind: 50))
        queue.found([]) { $0.size }
        #expect(!queue.isCatchingUp)
        #expect(queue.progress.counts == [.transcript: .init(), .coordinator: .init()])
    }

    @Test func `nothing to read is nothing to catch up with`() {
        #expect(!Self.queue([]).isCatchingUp)
    }

    @Test func `sizes that no disk has do no harm`() throws {
        var queue = Self.queue([Self.file("a.jsonl", .max), Self.file("b.jsonl", .max), Self.file("c.jsonl", -5)])
        while let turn = queue.next() { queue.finished(turn) }
        #expect(queue.progress.counts[.transcript] == .init(files: 3, read: 3, bytesBehind: 0))
    }
}
