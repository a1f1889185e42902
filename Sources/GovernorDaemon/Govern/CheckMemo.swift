import GovernorAPI
import GovernorCore
import NIOCore

/// What checks were answered that let work go on, for whoever asks again in the same words.
///
/// A coordinator asks the same of each of its workers many times a minute. Such an answer is given again, under the time
/// of now, as long as nothing that it was made of has changed, by a commit or by time alone.
struct CheckMemo: Sendable {
    private struct Answer: Sendable {
        var stamp: Freshness.Stamp
        /// Around the one thing in it that is always new: `as_of`.
        var head: ByteBuffer
        var tail: ByteBuffer
    }

    /// By the request's own bytes.
    private var answers: [ByteBuffer: Answer] = [:]
    /// Within this stretch of time nothing changes by time alone.
    private var steady = Interval(start: .distantFuture, end: .distantPast)
    private var asOf = (time: Timestamp.distantPast, text: ByteBuffer())

    /// So many are kept.
    private static let limit = 4096
    private static let mark = Array("\"as_of\":\"".utf8)

    /// Writes the answer to a line that was answered before; false when it has to be made anew.
    mutating func answer(_ line: ByteBuffer, _ book: Book, now: Timestamp, into replies: inout ByteBuffer) -> Bool {
        guard let answer = answers[line], steady.contains(now), book.freshness.isFresh(answer.stamp) else {
            return false
        }
        if asOf.time != now { asOf = (now, ByteBuffer(string: RFC3339.utc(now))) }
        replies.writeImmutableBuffer(answer.head)
        replies.writeImmutableBuffer(asOf.text)
        replies.writeImmutableBuffer(answer.tail)
        return true
    }

    /// Keeps an answer for the next time.
    mutating func keep(_ reply: [UInt8], to line: ByteBuffer, _ stamp: Freshness.Stamp, _ book: Book, now: Timestamp) {
        if !steady.contains(now) {
            answers.removeAll(keepingCapacity: true)
            steady = Interval(start: now, end: book.steadyUntil(now))
        }
        // Quotes inside a text are escaped, so that the mark is nowhere but at its field.
        guard
            let mark = reply.indices.first(where: { place in
                reply[place] == Self.mark[0] && reply[place...].starts(with: Self.mark)
            }), let end = reply[(mark + Self.mark.count)...].firstIndex(of: UInt8(ascii: "\""))
        else { return }
        let start = mark + Self.mark.count
        if answers.count >= Self.limit { answers.removeAll(keepingCapacity: true) }
        // A copy: the line is a part of what was read from the connection, and would keep all of it.
        answers[ByteBuffer(bytes: line.readableBytesView)] = Answer(
            stamp: stamp, head: ByteBuffer(bytes: reply[..<start]), tail: ByteBuffer(bytes: reply[end...]))
    }

    /// Forgets everything: there is another book, or other caveats.
    mutating func forget() { self = CheckMemo() }
}
