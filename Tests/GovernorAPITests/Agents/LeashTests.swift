import GovernorAPI
import GovernorCore
import Testing

/// What becomes of running work, by what is heard about it.
@Suite struct LeashTests {
    private func leash(pauses: Bool = true) -> Leash {
        Leash(pausesWhenUnavailable: pauses, grace: .seconds(10), patience: .seconds(5))
    }

    private func heard(_ decision: String, stop: Bool = false) throws -> Heard {
        let text = #"{"decision":"\#(decision)","stop":\#(stop),"reasons":[{"budget":"b","text":"spent"}]}"#
        return try #require(Heard(try JSONReader.read(text.utf8)))
    }

    @Test func `a pause freezes once, and what follows thaws once`() throws {
        var leash = leash()
        #expect(leash.hear(try heard("allow"), at: .zero).isEmpty)
        #expect(leash.hear(try heard("pause"), at: .zero) == [.freeze, .say("pausing the work: spent")])
        #expect(leash.hear(try heard("pause"), at: .zero).isEmpty && leash.isFrozen)
        #expect(leash.hear(try heard("throttle"), at: .zero) == [.thaw, .say("the work goes on")])
        #expect(leash.hear(try heard("allow"), at: .zero).isEmpty && !leash.isFrozen)
    }

    @Test func `a stop asks, and kills after the grace`() throws {
        var leash = leash()
        #expect(leash.hear(try heard("pause", stop: true), at: .seconds(1)) == [.say("ending the work: spent"), .end])
        #expect(leash.nextTick == .seconds(11))
        #expect(leash.tick(at: .seconds(10)).isEmpty)
        #expect(leash.tick(at: .seconds(11)) == [.kill, .say("it has not ended within 10s, and was killed")])
        #expect(leash.tick(at: .seconds(12)).isEmpty && leash.nextTick == nil)
        // What is ending is neither frozen nor asked twice.
        #expect(leash.hear(try heard("pause"), at: .seconds(2)).isEmpty)
        #expect(leash.hear(try heard("pause", stop: true), at: .seconds(2)).isEmpty)
        #expect(leash.hearNothing("gone", at: .seconds(99)).isEmpty)
    }

    @Test func `silence pauses after a while, is said once, and so is its end`() throws {
        var leash = leash()
        #expect(leash.hearNothing("gone", at: .seconds(1)).isEmpty)
        #expect(leash.hearNothing("gone", at: .seconds(5)).isEmpty)
        let actions = leash.hearNothing("gone", at: .seconds(6))
        #expect(actions.first == .freeze && actions.count == 2)
        #expect(leash.hearNothing("gone", at: .seconds(7)).isEmpty)
        #expect(
            leash.hear(try heard("allow"), at: .seconds(8)) == [
                .say("the daemon answers again"), .thaw, .say("the work goes on"),
            ])
        // A short absence later on has its own patience.
        #expect(leash.hearNothing("gone", at: .seconds(9)).isEmpty)
        #expect(leash.hear(try heard("allow"), at: .seconds(10)).isEmpty)
        #expect(leash.hearNothing("gone", at: .seconds(15)).isEmpty)
    }

    @Test func `silence is done without where that is allowed`() throws {
        var leash = leash(pauses: false)
        #expect(
            leash.hearNothing("gone", at: .zero)
                == [.say("gone; the work goes on without, as --on-unavailable allow says")])
        #expect(leash.hearNothing("gone", at: .seconds(60)).isEmpty && !leash.isFrozen)
        #expect(leash.hear(try heard("allow"), at: .seconds(61)) == [.say("the daemon answers again")])
    }

    @Test func `paused work stays so in silence`() throws {
        var leash = leash()
        _ = leash.hear(try heard("pause"), at: .zero)
        #expect(
            leash.hearNothing("gone", at: .seconds(1)) == [.say("gone; the work stays paused until the daemon is back")]
        )
        #expect(leash.hearNothing("gone", at: .seconds(2)).isEmpty && leash.isFrozen)
        #expect(leash.hear(try heard("pause"), at: .seconds(3)) == [.say("the daemon answers again")])
    }

    @Test func `work that is asked to end may, and is frozen again when it does not`() throws {
        var leash = leash()
        _ = leash.hear(try heard("pause"), at: .zero)
        #expect(leash.passedEnding(at: .seconds(1)) == [.thaw])
        #expect(leash.hear(try heard("pause"), at: .seconds(10)).isEmpty)
        #expect(leash.hear(try heard("pause"), at: .seconds(11)) == [.freeze, .say("pausing the work: spent")])
        var running = self.leash()
        #expect(running.passedEnding(at: .zero).isEmpty)
    }

    @Test(arguments: [
        (["claude", "-p", "x"], true), (["/usr/bin/claude", "--print"], true), (["claude"], false),
        (["claude", "--", "-p"], false), (["claude", "-p", "--max-budget-usd", "1"], false), (["node", "-p"], false),
        ([], false),
    ])
    func `Claude takes a budget in print mode alone`(command: [String], takes: Bool) {
        #expect(ClaudeCommand.takesBudget(command) == takes)
    }

    @Test func `Claude's budget is what is left and its own hold`() {
        #expect(
            ClaudeCommand.with(remaining: .dollars(4), held: Money(nanodollars: 500_000_000), ["claude", "-p"])
                == ["claude", "--max-budget-usd", "4.5", "-p"])
        #expect(ClaudeCommand.with(remaining: .zero, held: .zero, ["claude", "-p"]) == ["claude", "-p"])
    }
}
