/// Keeps the forecast fresh while nobody asks for it.
struct ForecastLoop: Sendable {
    let forecaster: Forecaster

    func run<Ticks: AsyncSequence>(ticks: Ticks) async where Ticks.Failure == Never {
        forecaster.refresh()
        for await _ in ticks { forecaster.refresh() }
    }
}
