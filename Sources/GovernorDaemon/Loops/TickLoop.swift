import GovernorCore
import Logging

/// Lets time pass: windows that ended, spend that expired, sources gone silent, the display's history.
struct TickLoop: Sendable {
    let governor: Governor
    let sources: SourceRegistry
    let display: Display
    let logger: Logger

    /// The steps of the display's history.
    static let snapshotStep = Span.minutes(5)

    func run<Ticks: AsyncSequence>(ticks: Ticks) async where Ticks.Failure == Never {
        var lastStep = Display.step(of: governor.clock())
        for await _ in ticks {
            let now = governor.clock()
            let stale = sources.judge(governor)
            governor.update { $0.stale = stale }
            await noteSources()
            await submit(.tick)
            let step = Display.step(of: now)
            if step != lastStep {
                lastStep = step
                await takeSnapshot(now)
            }
        }
    }

    /// Fires or resolves alerts about sources that can't be read.
    private func noteSources() async {
        guard let troubles = sources.troubles else { return }
        let fires = governor.read { $0.book.loose.contains { $0.kind == .source } }
        if fires || !troubles.isEmpty { await submit(.sources(troubles)) }
    }

    private func takeSnapshot(_ now: Timestamp) async {
        do { await submit(.snapshot(try display.snapshot(now: now))) } catch {
            logger.error("the display's history was not kept", metadata: ["error": "\(error)"])
        }
    }

    private func submit(_ command: Command) async {
        // The writer has logged why, and the next tick tries again.
        do { try await governor.submit(command) } catch { return }
    }
}
