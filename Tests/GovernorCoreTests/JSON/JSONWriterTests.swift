import GovernorCore
import Seeds
import Testing

@Suite struct JSONWriterTests {
    @Test(arguments: [
        ("", #""""#), ("a\"\\/", #""a\"\\/""#), ("\n\r\t", #""\n\r\t""#),
        ("\u{0}\u{1}\u{1F}", #""\u0000\u0001\u001f""#),
        ("\u{1B}[2J\u{7F}", #""\u001b[2J\u007f""#), ("é€😀", #""é€😀""#),
        // C1: U+009B starts an escape sequence in terminals that read UTF-8.
        ("\u{80}\u{9B}31m\u{9F}\u{A0}", "\"\\u0080\\u009b31m\\u009f\u{A0}\""), ("Â\u{DB}", "\"Â\u{DB}\""),
    ])
    func `text is escaped so that nothing drives a terminal`(text: String, written: String) {
        var json = JSONWriter()
        json.value(text)
        #expect(json.text == written)
    }

    @Test func `every character is read back`() throws {
        for value in UInt32(1)...0x2FF {
            guard let scalar = Unicode.Scalar(value) else { continue }
            var json = JSONWriter()
            json.value("a\(scalar)b")
            #expect(try JSONReader.read(json.bytes) == .string("a\(scalar)b"), "U+\(String(value, radix: 16))")
        }
    }

    @Test func `fields come in the order they were written in, with commas between`() {
        var json = JSONWriter()
        json.object {
            $0.field("decision", "allow")
            $0.field("spent_usd", usd("25.0712"))
            $0.field("ratio", Ratio.percent(100))
            $0.field("calls", Int64.min)
            $0.field("ok", true)
            $0.field("left", ifPresent: nil)
            $0.field("why", ifPresent: "no")
            $0.key("none")
            $0.null()
            $0.field("empty", object: { _ in })
            $0.field("list", array: [1, 2] as [Int64]) { $0.value($1) }
            $0.field("copy", JSON.array([.number("1e3"), .object([JSON.Member("k", .bool(false))])]))
        }
        #expect(
            json.text
                == #"{"decision":"allow","spent_usd":25.0712,"ratio":1,"calls":-9223372036854775808,"ok":true,"why":"no","#
                + #""none":null,"empty":{},"list":[1,2],"copy":[1e3,{"k":false}]}"#)
    }

    @Test(arguments: Seed.some(30)) func `any value is read back as it was written`(seed: Seed) throws {
        var random = SeededGenerator(seed)
        for _ in 0..<50 {
            let value = Self.value(&random, depth: 0)
            var json = JSONWriter()
            json.value(value)
            #expect(try JSONReader.read(json.bytes) == value, "\(json.text)")
        }
    }

    private static func value(_ random: inout SeededGenerator, depth: Int) -> JSON {
        switch random.number(0..<(depth < 5 ? 7 : 4)) {
        case 0: .null
        case 1: .bool(random.once(in: 2))
        case 2: .number(DecimalText.text(random.anyInteger(), places: random.number(0..<10)))
        case 3: .string(text(&random))
        case 4: .array((0..<random.number(0..<4)).map { _ in value(&random, depth: depth + 1) })
        default:
            .object(
                (0..<random.number(0..<4)).map {
                    JSON.Member("\($0)\(text(&random))", value(&random, depth: depth + 1))
                })
        }
    }

    private static func text(_ random: inout SeededGenerator) -> String {
        let scalars = (0..<random.number(0..<8)).compactMap { _ in
            Unicode.Scalar(UInt32(random.number(1..<(random.once(in: 4) ? 0x110000 : 0x180))))
        }
        return String(String.UnicodeScalarView(scalars))
    }
}
