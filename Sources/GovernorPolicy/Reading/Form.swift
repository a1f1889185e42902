/// One key of a map, and what its value sets in a draft.
struct Field<Draft> {
    let key: String
    let read: (YAMLNode, inout Draft, inout Reading) -> Void

    init<Value>(_ key: String, _ path: WritableKeyPath<Draft, Value?>, _ reader: Reader<Value>) {
        self.key = key
        read = { node, draft, reading in
            if let value = reader.read(node, &reading) { draft[keyPath: path] = value }
        }
    }
}

/// A map with known keys. The one description of what it accepts: the reader, the messages and the suggestions all come
/// from it.
struct Form<Draft> {
    /// With its article: `a budget`.
    let noun: String
    let fields: [Field<Draft>]
    /// Keys that have to be there.
    var required: [String] = []
    /// Exactly one of these has to be there.
    var choice: Choice?
    /// Keys of policy files that a later version reads.
    var later: [String] = []

    struct Choice {
        /// What the keys have in common: `limit`.
        var noun: String
        var keys: [String]
    }

    /// Fills what could be read into the draft; the rest is reported.
    func read(_ node: YAMLNode, into draft: inout Draft, _ reading: inout Reading) {
        guard case .map(let entries) = node.content else {
            return reading.mismatch(node, expected: noun, hint: "its keys are \(known)")
        }
        var keys = Set(entries.map(\.key))
        for entry in entries where !entry.isMerge {
            if let field = fields.first(where: { $0.key == entry.key }) {
                field.read(entry.value, &draft, &reading)
            } else if later.contains(entry.key) {
                reading.unsupported(entry.key, at: entry.keyPlace)
            } else {
                let meant = Spelling.nearest(to: entry.key, among: fields.map(\.key) + later)
                // Who misspelled a key has not left it out.
                if let meant { keys.insert(meant) }
                reading.error(
                    "unknown key \(Quoting.quoted(entry.key))", at: entry.keyPlace,
                    hint: meant.map { "did you mean \"\($0)\"?" } ?? "\(noun) has \(known)")
            }
        }
        if !entries.contains(where: \.isMerge) { reportMissing(keys, at: node.place, &reading) }
        if let choice { reportSecond(of: choice, entries, &reading) }
    }

    private func reportMissing(_ keys: Set<String>, at place: Place, _ reading: inout Reading) {
        for key in required where !keys.contains(key) { reading.error("\(noun) needs \"\(key)\"", at: place) }
        guard let choice, keys.isDisjoint(with: choice.keys) else { return }
        let open = choice.keys.filter { !later.contains($0) }
        reading.error("\(noun) needs a \(choice.noun)", at: place, hint: "give one of \(Quoting.list(open, "or"))")
    }

    private func reportSecond(of choice: Choice, _ entries: [YAMLNode.Entry], _ reading: inout Reading) {
        let chosen = entries.filter { choice.keys.contains($0.key) }
        for entry in chosen.dropFirst() {
            reading.error(
                "\(noun) has one \(choice.noun), and this is another", at: entry.keyPlace,
                hint: "\(chosen[0].key) is already \(chosen[0].keyPlace.seen(from: entry.keyPlace))")
        }
    }

    private var known: String { Quoting.list(fields.map(\.key)) }

    /// Reads into a copy of `draft`; gives it even when parts of it are wrong, so that the rest can still be checked.
    func reader(_ draft: Draft) -> Reader<Draft> {
        Reader(noun: noun) { node, reading in
            var draft = draft
            read(node, into: &draft, &reading)
            return draft
        }
    }
}

/// An entry of a map whose keys are names of the author's choosing.
struct Named<Value> {
    var name: String
    var place: Place
    var value: Value
}

extension Reader {
    /// A map from names to this.
    ///
    /// - Parameter noun: of what the map holds, in the plural: `receivers`.
    func named(_ noun: String) -> Reader<[Named<Value>]> {
        Reader<[Named<Value>]>(noun: "a map of \(noun)") { node, reading in
            guard case .map(let entries) = node.content else {
                reading.mismatch(node, expected: "a map of \(noun)")
                return nil
            }
            return entries.compactMap { entry in
                let isName = Name.check(entry.key, at: entry.keyPlace, &reading)
                guard let value = read(entry.value, &reading), isName else { return nil }
                return Named(name: entry.key, place: entry.keyPlace, value: value)
            }
        }
    }
}
