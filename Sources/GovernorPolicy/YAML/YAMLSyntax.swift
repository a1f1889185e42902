/// Says what YAML's parser found in words of a policy's author.
enum YAMLSyntax {
    /// - Parameters:
    ///   - problem, context: libyaml's words, such as `did not find expected key`, `while parsing a block mapping`.
    ///   - opening: the line on which what it was reading began.
    ///   - character: what stands at the place.
    static func explain(
        _ problem: String, context: String?, opening: Int?, character: Unicode.Scalar?
    ) -> (String, hint: String?) {
        let opened = opening.map { "it was opened on line \($0)" }
        switch problem {
        case "found character that cannot start any token" where character == "\t":
            return ("a tab is used for indentation", "use spaces")
        case "found character that cannot start any token":
            return ("a value can't begin with \(shown(character))", "put it in quotes")
        case "mapping values are not allowed in this context":
            return (
                "a \":\" has no place here", "put a text that contains \": \" in quotes, or look at the indentation"
            )
        case "did not find expected key":
            return ("a key is expected here", "look at the indentation")
        case "did not find expected '-' indicator":
            return ("a \"-\" is expected here", "look at the indentation")
        case "could not find expected ':'":
            return ("a \":\" is missing before this", nil)
        case "did not find expected ',' or '}'":
            return ("a \",\" or \"}\" is missing before this", opened)
        case "did not find expected ',' or ']'":
            return ("a \",\" or \"]\" is missing before this", opened)
        case "did not find expected node content":
            return ("a value, or a closing bracket, is missing before this", nil)
        case "found unexpected end of stream":
            return ("a quote is never closed", opened)
        case "but found another document":
            return ("a second document begins here", "one file is one document; remove the \"---\" or split the file")
        case let problem where problem.hasPrefix("Maximum nesting level reached"):
            return (YAMLConverter.depthMessage, "flatten it")
        default:
            let whole = [context, problem].compactMap { $0 }.joined(separator: ", ")
            return ("this is not valid YAML: \(Quoting.printable(whole))", nil)
        }
    }

    private static func shown(_ character: Unicode.Scalar?) -> String {
        character.map { Quoting.quoted(String($0)) } ?? "this"
    }
}
