/// One key of a map, and what its value sets in a draft.
struct Field<Draft> {
    let key: String
    /// What it does, in one sentence; editors show it.
    let doc: String
    let shape: Shape
    let read: (YAMLNode, inout Draft, inout Reading) -> Void

    init<Value>(_ key: String, _ path: WritableKeyPath<Draft, Value?>, _ reader: Reader<Value>, _ doc: String) {
        self.key = key
        self.doc = doc
        shape = reader.shape
        read = { node, draft, reading in
            if let value = reader.read(node, &reading) { draft[keyPath: path] = value }
        }
    }

    private init(
        _ key: String, _ doc: String, _ shape: Shape, _ read: @escaping (YAMLNode, inout Draft, inout Reading) -> Void
    ) {
        self.key = key
        self.doc = doc
        self.shape = shape
        self.read = read
    }

    /// The same key in the map of a draft that holds this one.
    func within<Outer>(_ path: WritableKeyPath<Outer, Draft>) -> Field<Outer> {
        Field<Outer>(key, doc, shape) { node, outer, reading in read(node, &outer[keyPath: path], &reading) }
    }
}

/// A map with known keys. The one description of what it accepts: the reader, the messages, the suggestions and the
/// schema all come from it.
struct Form<Draft> {
    /// With its article: `a budget`.
    let noun: String
    /// The same for where it is expected and something else found, if that is said otherwise.
    var expected: String?
    let fields: [Field<Draft>]
    /// Keys that have to be there.
    var required: [String] = []
    /// One of these has to be there.
    var choice: Choice?
    /// Keys that are known elsewhere and make no sense here, with what to do instead; nil for nothing in particular.
    var elsewhere: [String: String?] = [:]
    /// Whether unknown keys are passed over, because who reads the map does not know yet what it is.
    var isPartial = false

    struct Choice {
        /// What the keys have in common: `limit`.
        var noun: String
        var keys: [String]
        /// Whether more than one may be given.
        var allowsSeveral = false
    }

    /// Fills what could be read into the draft; the rest is reported.
    func read(_ node: YAMLNode, into draft: inout Draft, _ reading: inout Reading) {
        guard case .map(let entries) = node.content else {
            return reading.mismatch(node, expected: expected ?? noun, hint: shownKeys)
        }
        var keys = Set(entries.map(\.key))
        for entry in entries where !entry.isMerge {
            if let field = fields.first(where: { $0.key == entry.key }) {
                field.read(entry.value, &draft, &reading)
            } else if let meant = reportUnread(entry, &reading) {
                // Who misspelled a key has not left it out.
                keys.insert(meant)
            }
        }
        if !entries.contains(where: \.isMerge) { reportMissing(keys, at: node.place, &reading) }
        if let choice, !choice.allowsSeveral { reportSecond(of: choice, entries, &reading) }
    }

    /// - Returns: the key that was meant, if it shows.
    private func reportUnread(_ entry: YAMLNode.Entry, _ reading: inout Reading) -> String? {
        if let hint = elsewhere[entry.key] {
            reading.error(
                "\(noun) has no \(Quoting.quoted(entry.key))", at: entry.keyPlace, hint: hint ?? "its keys are \(known)"
            )
            return nil
        }
        let meant = Spelling.nearest(to: entry.key, among: isPartial ? required : fields.map(\.key))
        if isPartial, meant == nil { return nil }
        reading.error(
            "unknown key \(Quoting.quoted(entry.key))", at: entry.keyPlace,
            hint: meant.map { "did you mean \"\($0)\"?" } ?? "\(noun) has \(known)")
        return meant
    }

    private func reportMissing(_ keys: Set<String>, at place: Place, _ reading: inout Reading) {
        for key in required where !keys.contains(key) { reading.error("\(noun) needs \"\(key)\"", at: place) }
        // What belongs elsewhere has been said already, and what to do instead.
        guard let choice, keys.isDisjoint(with: choice.keys), keys.isDisjoint(with: elsewhere.keys) else { return }
        let open = choice.keys + (choice.allowsSeveral ? ["both"] : [])
        reading.error(
            "\(noun) needs a \(choice.noun)", at: place,
            hint: "give \(open.count > 1 && !choice.allowsSeveral ? "one of " : "")\(Quoting.list(open, "or"))")
    }

    private func reportSecond(of choice: Choice, _ entries: [YAMLNode.Entry], _ reading: inout Reading) {
        let chosen = entries.filter { choice.keys.contains($0.key) }
        for entry in chosen.dropFirst() {
            reading.error(
                "\(noun) has one \(choice.noun), and this is another", at: entry.keyPlace,
                hint: "\(chosen[0].key) is already \(chosen[0].keyPlace.seen(from: entry.keyPlace))")
        }
    }

    /// Of a form with very many keys only the first.
    private var known: String {
        let keys = fields.map(\.key)
        return Quoting.list(keys.count > 20 ? keys.prefix(10) + ["\(keys.count - 10) more"] : keys)
    }

    private var shownKeys: String? {
        switch fields.count {
        case 0: nil
        case 1: "it has one key, \(known)"
        default: "its keys are \(known)"
        }
    }

    /// What `policy.schema.json` says of it.
    var shape: ObjectShape {
        ObjectShape(
            keys: fields.map { ObjectShape.Key(key: $0.key, doc: $0.doc, shape: $0.shape) }, required: required,
            choice: choice?.keys ?? [], allowsSeveral: choice?.allowsSeveral ?? false)
    }

    /// Reads into a copy of `draft`; gives it even when parts of it are wrong, so that the rest can still be checked.
    ///
    /// - Parameter check: what can be said only of the whole map; it isn't called for what is no map.
    func reader(
        _ draft: Draft, check: @escaping (Draft, YAMLNode, inout Reading) -> Void = { _, _, _ in }
    ) -> Reader<Draft> {
        Reader(noun: noun, shape: .object(shape)) { node, reading in
            var draft = draft
            read(node, into: &draft, &reading)
            if case .map = node.content { check(draft, node, &reading) }
            return draft
        }
    }
}

/// An entry of a map whose keys are names of the author's choosing.
struct Named<Value> {
    var name: String
    var place: Place
    var value: Value

    var placedName: Placed<String> { Placed(value: name, place: place) }
}

extension Reader {
    /// A map from names to this.
    ///
    /// - Parameter noun: of what the map holds, in the plural: `receivers`.
    func named(_ noun: String) -> Reader<[Named<Value>]> {
        let shape = Shape.map(keys: Pattern.name, of: shape, atLeast: 0)
        return Reader<[Named<Value>]>(noun: "a map of \(noun)", shape: shape) { node, reading in
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
