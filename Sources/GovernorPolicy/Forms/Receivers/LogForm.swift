/// It has nothing to set.
struct LogDraft {}

extension Reader where Value == LogDraft {
    /// `log: {}`, or `log:` alone.
    static var log: Reader {
        let form = Form<LogDraft>(noun: "an empty map, {}", fields: [])
        return Reader(noun: form.noun, shape: .either([.object(form.shape), .nothing])) { node, reading in
            switch node.content {
            case .scalar where node.isAbsent: return LogDraft()
            case .map(let entries) where entries.isEmpty: return LogDraft()
            case .map(let entries):
                for entry in entries {
                    reading.error("unknown key \(Quoting.quoted(entry.key))", at: entry.keyPlace, hint: "write log: {}")
                }
                return nil
            default:
                reading.mismatch(node, expected: form.noun)
                return nil
            }
        }
    }
}
