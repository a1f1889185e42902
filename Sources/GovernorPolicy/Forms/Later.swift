/// What the contract of policy files has and this version does not read yet: refused by name, never ignored. A word
/// moves from here into its form when it arrives.
enum Later {
    static let top = ["prices"]
    static let sources = ["authority", "manual_minutes_per_task"]
}

extension Reading {
    mutating func unsupported(_ word: String, at place: Place) {
        error("\(Quoting.quoted(word)) is not supported by this version yet", at: place)
    }
}
