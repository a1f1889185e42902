/// A silence that an operator began while the daemon ran, beside those of the policy.
package struct OperatorSilence: Hashable, Sendable {
    /// `si_` and sixteen hex digits.
    package let id: String
    package var silence: Silence

    /// The id follows from what is silenced and when that was said.
    package init(_ silence: Silence) {
        let items = silence.items.map(\.pattern).joined(separator: ",")
        id =
            "si_"
            + StableHash.hex(
                "\(items)|\(silence.matcher.text)|\(silence.interval.start.milliseconds)|\(silence.by ?? "")")
        self.silence = silence
    }

    /// One that was stored.
    package init(id: String, _ silence: Silence) {
        self.id = id
        self.silence = silence
    }
}
