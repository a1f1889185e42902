/// How one kind of value is written. Readers and forms are values, so that what they accept can be listed as well as
/// read.
struct Reader<Value> {
    /// With its article: `a duration`.
    let noun: String
    /// The same for the schema.
    let shape: Shape
    /// - Returns: nil when it reported an error.
    let read: (YAMLNode, inout Reading) -> Value?

    /// A single value, by its text alone.
    ///
    /// - Parameters:
    ///   - hint: how to write it, for when `parse` gives nil.
    static func scalar(_ noun: String, _ shape: Shape, hint: String, _ parse: @escaping (String) -> Value?) -> Reader {
        Reader.text(noun, shape) { text, place, reading in
            if let value = parse(text) { return value }
            let variable = "${…} is read in receivers only"
            reading.error(
                "\(Quoting.quoted(text)) is not \(noun)", at: place, hint: text.contains("${") ? variable : hint)
            return nil
        }
    }

    /// The same for values that report in their own words.
    static func text(
        _ noun: String, _ shape: Shape, _ parse: @escaping (String, Place, inout Reading) -> Value?
    ) -> Reader {
        Reader(noun: noun, shape: shape) { node, reading in
            guard case .scalar(let text, _) = node.content, !node.isAbsent else {
                reading.mismatch(node, expected: noun)
                return nil
            }
            return parse(text, node.place, &reading)
        }
    }

    /// One of a few words.
    static func choice(_ noun: String, _ words: [(word: String, value: Value)]) -> Reader {
        let names = words.map(\.word)
        return Reader.text("a \(noun)", .words(names)) { text, place, reading in
            if let match = words.first(where: { $0.word == text }) { return match.value }
            reading.error(
                "unknown \(noun) \(Quoting.quoted(text))", at: place,
                hint: Spelling.hint(for: text, among: names) ?? "it is \(Quoting.list(names, "or"))")
            return nil
        }
    }

    func map<New>(_ transform: @escaping (Value) -> New) -> Reader<New> {
        Reader<New>(noun: noun, shape: shape) { node, reading in read(node, &reading).map(transform) }
    }

    /// The value with the place it begins at.
    var placed: Reader<Placed<Value>> {
        Reader<Placed<Value>>(noun: noun, shape: shape) { node, reading in
            read(node, &reading).map { Placed(value: $0, place: node.place) }
        }
    }

    /// A list; elements that can't be read are left out, and reported.
    var list: Reader<[Value]> {
        Reader<[Value]>(noun: "a list", shape: .list(of: shape, atLeast: 0)) { node, reading in
            guard case .list(let elements) = node.content else {
                reading.mismatch(node, expected: "a list")
                return nil
            }
            var values: [Value] = []
            for element in elements {
                if let value = read(element, &reading) { values.append(value) }
            }
            return values
        }
    }

    /// A list of at least one, or the one without brackets.
    var oneOrMore: Reader<[Value]> {
        let shape = Shape.either([shape, .list(of: shape, atLeast: 1)])
        return Reader<[Value]>(noun: "\(noun) or a list of them", shape: shape) { node, reading in
            switch node.content {
            case .list(let elements) where elements.isEmpty:
                reading.error("the list is empty", at: node.place, hint: "name at least one, or remove the key")
                return nil
            case .list: return list.read(node, &reading)
            default: return read(node, &reading).map { [$0] }
            }
        }
    }

    /// The same, up to so many; the list is read whole, so that all that is wrong with it is said.
    ///
    /// - Parameter hint: what to do when there are more.
    func oneOrMore(atMost most: Int, _ hint: String) -> Reader<[Value]> {
        let some = oneOrMore
        let shape = Shape.either([shape, .list(of: shape, atLeast: 1, atMost: most)])
        return Reader<[Value]>(noun: some.noun, shape: shape) { node, reading in
            if case .list(let elements) = node.content, elements.count > most {
                reading.error("the list has more than \(most) in it", at: elements[most].place, hint: hint)
            }
            return some.read(node, &reading)
        }
    }
}
