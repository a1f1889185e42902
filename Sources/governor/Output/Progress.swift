import Foundation

/// How far long work is, on a line of its own on a person's terminal; nothing where standard error is something else.
struct Progress {
    private let what: String
    private let isShown = isatty(STDERR_FILENO) == 1
    private var last: Int64 = -1

    /// - Parameter what: `replaying`.
    init(_ what: String) { self.what = what }

    /// - Parameter percent: of the whole; what is below 0 or above 100 is taken as that.
    mutating func show(_ percent: Int64) {
        let percent = min(max(percent, 0), 100)
        guard isShown, percent != last else { return }
        last = percent
        write("\r\(what) \(percent)%")
    }

    /// Takes the line away.
    func clear() {
        if isShown, last >= 0 { write("\r\u{1B}[K") }
    }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
