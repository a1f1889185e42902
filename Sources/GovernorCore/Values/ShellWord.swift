/// A word as a shell takes it for one, so that whoever pastes a command runs nothing that a name in it says.
package enum ShellWord {
    /// As it is where nothing in it means anything to a shell, else in single quotes.
    package static func quoted(_ word: String) -> String {
        let isPlain = word.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_./:=@,+".contains($0)) }
        guard !isPlain || word.isEmpty else { return word }
        return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
    }
}
