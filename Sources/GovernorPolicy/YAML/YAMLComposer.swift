import Yams

/// Reads one YAML document into nodes with places, and reports whatever is wrong with it.
///
/// Yams stops at the first duplicate key, and expands aliases as it goes, which a few lines can make endless. So the
/// text it is given has every `&` that could begin an anchor replaced by a character of the private-use area: without
/// anchors no alias can expand. What Yams then stops at is noted, masked in the same way, and the text read again, so
/// that the rest of the file is still checked. Masks are one character for one, which keeps every line and column.
struct YAMLComposer {
    private static let anchorMask: Unicode.Scalar = "\u{E000}"
    private static let aliasMask: Unicode.Scalar = "\u{E001}"
    /// Each repair reads the whole file again; who needs more of them has more than enough to do already.
    private static let repairLimit = 20

    private let file: String
    private var source: YAMLSource
    private var masks: [Unicode.Scalar: Unicode.Scalar] = [anchorMask: "&", aliasMask: "*"]
    private var isMasked: Bool

    /// - Returns: nil when the text is no YAML, or nothing at all; both are reported.
    static func read(_ text: String, file: String, _ reading: inout Reading) -> YAMLNode? {
        var composer = YAMLComposer(text, file: file)
        switch composer.compose(&reading) {
        case .failure(let failure):
            composer.report(failure, &reading)
            reading.isComplete = false
            return nil
        case .success(nil):
            reading.error("the file is empty", at: .whole(file), hint: "begin with \"version: 1\", or remove it")
            return nil
        case .success(let root?):
            return YAMLConverter(file: file, masks: composer.isMasked ? composer.masks : [:]).convert(root, &reading)
        }
    }

    private init(_ text: String, file: String) {
        self.file = file
        source = YAMLSource(text, file: file)
        isMasked = false
        var last = source.scalars.count
        while let index = source.scalars[..<last].lastIndex(of: "&") {
            if index + 1 < source.scalars.count, Self.isNamePart(source.scalars[index + 1]) {
                mask(index, with: Self.anchorMask)
            }
            last = index
        }
    }

    private static func isNamePart(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII
            && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || "_-".unicodeScalars.contains(scalar))
    }

    /// Why Yams could not go on.
    private enum Failure: Error, Equatable {
        case duplicate(key: String, at: Place)
        case alias(at: Place)
        case syntax(problem: String, context: String?, opening: Int?, at: Place)
    }

    private mutating func compose(_ reading: inout Reading) -> Result<Node?, Failure> {
        for _ in 0..<Self.repairLimit {
            switch attempt() {
            case .success(let root): return .success(root)
            case .failure(let failure): guard repair(failure, &reading) else { return .failure(failure) }
            }
        }
        return attempt()
    }

    private func attempt() -> Result<Node?, Failure> {
        do {
            // The basic resolver guesses no types, so that `1` and `"1"` are the same key.
            return .success(try Parser(yaml: source.text, resolver: .basic, encoding: .utf8).singleRoot())
        } catch let error as YamlError {
            return .failure(failure(error))
        } catch {
            return .failure(.syntax(problem: "\(error)", context: nil, opening: nil, at: .whole(file)))
        }
    }

    private func failure(_ error: YamlError) -> Failure {
        switch error {
        case .composer(_, "found undefined alias", let mark, _): .alias(at: place(mark))
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            .syntax(problem: problem, context: context?.text, opening: context?.mark.line, at: place(mark))
        case .duplicatedKeysInMapping(let duplicates, let context):
            .duplicate(key: unmasked(duplicates.first ?? ""), at: place(context.mark))
        case .reader(let problem, _, _, _): .syntax(problem: problem, context: nil, opening: nil, at: .whole(file))
        case .memory: .syntax(problem: "it is too large or too deep", context: nil, opening: nil, at: .whole(file))
        default: .syntax(problem: "it can't be read", context: nil, opening: nil, at: .whole(file))
        }
    }

    private func place(_ mark: Mark) -> Place { Place(file: file, line: mark.line, column: mark.column) }

    /// Masks what stopped Yams. False when that would only hide what is wrong.
    private mutating func repair(_ failure: Failure, _ reading: inout Reading) -> Bool {
        switch failure {
        case .alias(let place):
            guard let offset = source.offset(of: place), source.scalars[offset] == "*" else { return false }
            report(failure, &reading)
            mask(offset, with: Self.aliasMask)
            return true
        case .duplicate(_, let place):
            // The converter reports it, with both places.
            guard var offset = source.offset(of: place) else { return false }
            if source.scalars[offset] == "\"" || source.scalars[offset] == "'" { offset += 1 }
            guard offset < source.scalars.count, Self.isNamePart(source.scalars[offset]), let mask = nextMask else {
                return false
            }
            masks[mask] = source.scalars[offset]
            self.mask(offset, with: mask)
            return true
        case .syntax: return repairAnchor(before: failure, &reading)
        }
    }

    private mutating func mask(_ offset: Int, with mask: Unicode.Scalar) {
        source.scalars[offset] = mask
        isMasked = true
    }

    private var nextMask: Unicode.Scalar? { Unicode.Scalar(0xE000 + UInt32(masks.count)) }

    /// A masked anchor before a list or a map is a syntax error behind it: if the error goes when one of the nearest is
    /// blanked, that was it.
    private mutating func repairAnchor(before failure: Failure, _ reading: inout Reading) -> Bool {
        guard isMasked, case .syntax(_, _, _, let place) = failure else { return false }
        var end = min((source.offset(of: place) ?? source.scalars.count) + 1, source.scalars.count)
        for _ in 0..<4 {
            guard let start = source.scalars[..<end].lastIndex(of: Self.anchorMask) else { return false }
            let saved = source
            blankAnchor(at: start)
            if case .failure(failure) = attempt() {
                source = saved
                end = start
                continue
            }
            reading.error(YAMLConverter.anchorMessage, at: source.place(of: start), hint: YAMLConverter.anchorHint)
            return true
        }
        return false
    }

    private mutating func blankAnchor(at start: Int) {
        source.scalars[start] = " "
        var index = start + 1
        while index < source.scalars.count, Self.isNamePart(source.scalars[index]) {
            source.scalars[index] = " "
            index += 1
        }
    }

    private func unmasked(_ text: String) -> String { YAMLConverter(file: file, masks: masks).unmasked(text) }

    private func report(_ failure: Failure, _ reading: inout Reading) {
        switch failure {
        case .alias(let place):
            reading.error(
                "aliases are not supported", at: place, hint: "write it out; a text that begins with * needs quotes")
        case .duplicate(let key, let place):
            reading.error("\(Quoting.quoted(key)) is given twice", at: place, hint: "keep one")
        case .syntax(let problem, let context, let opening, let place):
            let (message, hint) = YAMLSyntax.explain(
                problem, context: context, opening: opening,
                character: source.offset(of: place).map { source.scalars[$0] })
            // `{ webhook_url: ${HOOK} }` ends its value at the inner brace; YAML's own words for that help nobody.
            let quotes = source.hasUnquotedVariable(onLineOf: place) ? "put quotes around it: \"${…}\"" : nil
            reading.error(message, at: place, hint: quotes ?? hint)
        }
    }
}
