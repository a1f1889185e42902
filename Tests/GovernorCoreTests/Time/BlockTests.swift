import GovernorCore
import Seeds
import Testing

@Suite struct BlockTests {
    private static let window = Window.block(.hours(5))

    private static func block(_ start: String, _ end: String) -> Interval {
        Interval(start: instant("2026-03-02T\(start):00Z"), end: instant("2026-03-02T\(end):00Z"))
    }

    @Test(
        arguments: [
            ("a first use begins one", "09:00", [], ("09:00", "14:00")),
            ("a use inside belongs to it", "13:59", [("09:00", "14:00")], ("09:00", "14:00")),
            ("a use at its start belongs to it", "09:00", [("09:00", "14:00")], ("09:00", "14:00")),
            ("a use at its end begins the next", "14:00", [("09:00", "14:00")], ("14:00", "19:00")),
            ("a use long after begins the next", "16:30", [("09:00", "14:00")], ("16:30", "21:30")),
            ("a late use before it ends where it begins", "08:00", [("09:00", "14:00")], ("08:00", "09:00")),
            ("a late use long before it has its whole length", "03:00", [("09:00", "14:00")], ("03:00", "08:00")),
            ("a late use between two", "14:30", [("09:00", "14:00"), ("16:00", "21:00")], ("14:30", "16:00")),
            (
                "a late use in the earlier of two", "10:00", [("09:00", "14:00"), ("16:00", "21:00")],
                ("09:00", "14:00")
            ),
            ("a use in one that was cut short", "08:30", [("08:00", "09:00"), ("09:00", "14:00")], ("08:00", "09:00")),
        ] as [(String, String, [(String, String)], (String, String))])
    func `a use finds its block`(
        name: String, time: String, blocks: [(String, String)], expected: (String, String)
    ) {
        let found = Self.window.block(
            containing: instant("2026-03-02T\(time):00Z"), among: blocks.map { Self.block($0.0, $0.1) })
        #expect(found == Self.block(expected.0, expected.1), "\(name)")
    }

    @Test(arguments: Seed.some(60)) func `blocks hold their use, never overlap and never move`(seed: Seed) {
        var random = SeededGenerator(seed)
        let span = Span(milliseconds: random.number(1...2_000))
        let window = Window.block(span)
        var blocks: [Interval] = []
        for _ in 0..<200 {
            let time = Timestamp(milliseconds: random.number(0...20_000))
            let block = window.block(containing: time, among: blocks)
            #expect(block.contains(time) && block.end - block.start <= span)
            if let index = blocks.firstIndex(of: block) {
                #expect(blocks[index] == block)
            } else {
                #expect(block.start == time, "a new block begins with its use")
                #expect(!blocks.contains { $0.start < block.end && block.start < $0.end }, "\(block) over another")
                blocks.insert(block, at: blocks.firstIndex { $0.start > block.start } ?? blocks.endIndex)
            }
            #expect(window.block(containing: time, among: blocks) == block)
            #expect(window.counts(block, at: time) && !window.counts(block, at: block.end))
            #expect(window.expiry(of: block) == block.end)
        }
    }

    @Test func `without blocks the slot and the current window are those of a first use`() {
        let first = Interval(start: monday, end: monday + .hours(5))
        #expect(Self.window.slot(containing: monday, in: .utc) == first)
        #expect(Self.window.current(at: monday, in: zone("Asia/Kathmandu")) == first)
        #expect(!Self.window.counts(first, at: monday - Span(milliseconds: 1)))
        let last = Self.window.block(containing: .distantFuture, among: [first])
        #expect(last.start == .distantFuture)
    }
}
