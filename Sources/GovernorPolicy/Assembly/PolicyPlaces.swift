/// Where the parts of a policy are written.
struct PolicyPlaces {
    /// Budgets and rules by name: where the name stands.
    var items: [String: Place] = [:]
    /// By budget and threshold, `worker-day@80%` or `fleet-month@forecast110%`.
    var thresholds: [String: Place] = [:]
    /// By budget, in the order of `Budget.overrides`.
    var overrides: [String: [Place]] = [:]
    /// In the order of `Policy.silences`.
    var silences: [Place] = []
    /// In the order of `Policy.prices`.
    var prices: [Place] = []
    var receivers: [String: Place] = [:]
    var models: [String: Place] = [:]
    var schedules: [String: Place] = [:]
}
