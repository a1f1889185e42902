import GovernorCore
import Seeds
import Testing

/// Edits of a JSON text: they say what they should, and touch nothing else.
@Suite struct JSONEditTests {
    @Test func `a change leaves every other byte`() throws {
        let text = "{ \"a\" : 1.50e1,\n\n\t\"b\":[1,2 ,3],   \"c\": {\"d\": null} }\n"
        func edited(_ value: String) throws -> String {
            try JSONEdit.text(text, changedTo: try JSONReader.read(value.utf8))
        }
        #expect(try edited(text) == text)
        #expect(
            try edited(#"{"a":1.50e1,"b":[1,3],"c":{"d":true}}"#)
                == text.replacing("1,2 ,3", with: "1, 3").replacing("null", with: "true"))
    }

    @Test(arguments: Seed.some(200)) func `whatever was there, it says what it should afterwards`(seed: Seed) throws {
        var random = SeededGenerator(seed)
        let (old, new) = (Self.value(depth: 0, &random), Self.value(depth: 0, &random))
        for text in [old.indented, old.indented(by: "\t", from: "").replacing("\n", with: "\r\n"), Self.compact(old)] {
            let edited = try JSONEdit.text(text, changedTo: new)
            #expect(try JSONReader.read(edited.utf8) == new)
            #expect(try JSONEdit.text(text, changedTo: old) == text)
        }
    }

    @Test(arguments: ["", "{", "[1,", "{\"a\" 1}", "nul", "{} {}"]) func `what is no JSON stays an error`(text: String)
    {
        #expect(text.isEmpty || (try? JSONEdit.text(text, changedTo: .null)) == nil)
        #expect(throws: JSONReader.Failure.self) { try JSONSpans.members(of: Array(text.utf8)) }
    }

    private static func compact(_ value: JSON) -> String {
        var json = JSONWriter()
        json.value(value)
        return json.text
    }

    private static func value(depth: Int, _ random: inout SeededGenerator) -> JSON {
        switch Int.random(in: 0..<(depth > 3 ? 4 : 7), using: &random) {
        case 0: return .null
        case 1: return .bool(.random(using: &random))
        case 2: return .number("\(Int.random(in: -9...9, using: &random))")
        case 3: return .string(["", "a", "\"\\\n", "ü{}[],:"].randomElement(using: &random) ?? "")
        case 4: return .array(many(&random).map { _ in value(depth: depth + 1, &random) })
        default:
            let keys = ["a", "b", "c,", "d\""].shuffled(using: &random).prefix(many(&random).count)
            return .object(keys.map { JSON.Member($0, value(depth: depth + 1, &random)) })
        }
    }

    private static func many(_ random: inout SeededGenerator) -> Range<Int> {
        0..<Int.random(in: 0...4, using: &random)
    }
}
