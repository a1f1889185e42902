/// The days of the week by name; their numbers are those of ISO 8601, 1 Monday to 7 Sunday.
package enum Weekday {
    /// From Monday on.
    package static let names = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]

    /// 1 to 7 for `mon`, `Mon`, `monday`; nil for any other word.
    package static func number(of text: some StringProtocol) -> Int64? {
        let word = text.lowercased()
        let index = names.firstIndex { $0.lowercased() == word || $0.prefix(3).lowercased() == word }
        return index.map { Int64($0) + 1 }
    }

    /// `Monday` for 1; a number beyond the week is taken around it.
    package static func name(of number: Int64) -> String { names[Int((number.modulo(7) + 6) % 7)] }

    /// `mon` for 1, as policies write it.
    package static func short(_ number: Int64) -> String { name(of: number).prefix(3).lowercased() }
}
