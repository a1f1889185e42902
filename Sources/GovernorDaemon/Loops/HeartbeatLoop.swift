/// Gives watchers a sign of life, so that both sides learn when the other is gone.
struct HeartbeatLoop: Sendable {
    let watchers: Watchers

    func run<Ticks: AsyncSequence>(ticks: Ticks) async where Ticks.Failure == Never {
        for await _ in ticks { watchers.beat() }
    }
}
