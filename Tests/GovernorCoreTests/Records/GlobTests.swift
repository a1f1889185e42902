import GovernorCore
import Seeds
import Testing

@Suite struct GlobTests {
    @Test(
        arguments: [
            ("", "", true), ("", "a", false), ("a", "a", true), ("a", "A", false), ("a", "aa", false), ("*", "", true),
            ("*", "anything/at all", true), ("**", "", true), ("?", "", false), ("?", "é", true), ("?", "ab", false),
            ("claude-opus-*", "claude-opus-5", true), ("claude-opus-*", "claude-opus-", true),
            ("claude-opus-*", "claude-opus", false),
            ("*-5", "claude-opus-5-5", true), ("*a*b*", "xxaxxbxx", true), ("*a*b*", "xxbxxaxx", false),
            ("a*a", "a", false),
            ("a*a", "aa", true), ("a*?b", "ab", false), ("a*?b", "axb", true), ("a?*", "a", false), ("[a]", "a", false),
            ("[a]", "[a]", true), ("a.b", "axb", false), ("\\*", "*", false), ("\\*", "\\x", true),
            ("loadtest-*", "loadtest-7", true),
            ("*.*.*", "1.2.3", true), ("*.*.*", "1.2", false), ("abc*", "ab", false), ("*abc", "abcabc", true),
        ] as [(String, String, Bool)])
    func `a star is any run, a question mark one, everything else itself`(pattern: String, text: String, matches: Bool)
    {
        #expect(Glob(pattern).matches(text) == matches)
    }

    @Test func `many stars cost no more than their product`() {
        let glob = Glob(String(repeating: "a*", count: 200) + "b")
        #expect(!glob.matches(String(repeating: "a", count: 5000)))
    }

    @Test(arguments: Seed.some(40)) func `matching agrees with plain recursion`(seed: Seed) {
        func recursive(_ pattern: Substring, _ text: Substring) -> Bool {
            guard let first = pattern.first else { return text.isEmpty }
            let rest = pattern.dropFirst()
            if first == "*" { return recursive(rest, text) || (!text.isEmpty && recursive(pattern, text.dropFirst())) }
            guard let head = text.first else { return false }
            return (first == "?" || first == head) && recursive(rest, text.dropFirst())
        }
        var random = SeededGenerator(seed)
        for _ in 0..<300 {
            let pattern = String(
                (0..<random.number(0..<7)).map { _ in random.pick(["a", "b", "*", "*", "?"] as [Character]) })
            let text = String((0..<random.number(0..<9)).map { _ in random.pick(["a", "b"] as [Character]) })
            #expect(Glob(pattern).matches(text) == recursive(pattern[...], text[...]), "\(pattern) on \(text)")
        }
    }
}
