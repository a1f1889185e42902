import GovernorCore
import Seeds
import Testing

@Suite struct JSONReaderTests {
    @Test(
        arguments: [
            ("null", .null), (" true ", .bool(true)), ("\r\n\tfalse", .bool(false)), ("0", .number("0")),
            ("-0", .number("-0")),
            ("12.50e+05", .number("12.50e+05")), ("1E400", .number("1E400")),
            ("123456789012345678901234567890", .number("123456789012345678901234567890")),
            (#""""#, .string("")), (#""a\"\\\/\b\f\n\r\tz""#, .string("a\"\\/\u{8}\u{C}\n\r\tz")),
            (#""\u00e9\u20AC""#, .string("é€")), (#""\ud83d\ude00""#, .string("😀")), (#""😀""#, .string("😀")),
            (#""\uFFFF""#, .string("\u{FFFF}")), ("[]", .array([])), ("{}", .object([])),
            ("[ 1 , 2 ]", .array([.number("1"), .number("2")])),
            (#"{"b":1,"a":[{}]}"#, .object([JSON.Member("b", .number("1")), JSON.Member("a", .array([.object([])]))])),
            (#"{"":""}"#, .object([JSON.Member("", .string(""))])),
        ] as [(String, JSON)])
    func `what RFC 8259 allows is read`(text: String, value: JSON) throws {
        #expect(try JSONReader.read(text.utf8) == value)
    }

    @Test(arguments: [
        "", " ", "nul", "nulll", "True", "TRUE", "undefined", "NaN", "Infinity", "-", "+1", "01", "-01", "00", "1.",
        ".5",
        "1.e3", "1e", "1e+", "0x10", "1_000", "1 2", "[1,]", "[,1]", "[1 2]", "[", "]", "{", "}", #"{"a"}"#, #"{"a":}"#,
        #"{"a":1,}"#, #"{,"a":1}"#, #"{a:1}"#, #"{'a':1}"#, #"{1:1}"#, #"{"a":1 "b":2}"#, #"{"a"::1}"#, #""a"#, #"""#,
        #""\""#, #""\x41""#, #""\u12""#, #""\u12G4""#, #""\u 123""#, #""\U0041""#, "\"a\nb\"", "\"a\tb\"", "\"\u{0}\"",
        #""\u0000""#, #"{"a\u0000":1}"#, #""\ud83d""#, #""\ude00""#, #""\ud83d\ud83d""#, #""\ud83dx""#, #""\ud83d\n""#,
        #""\ude00\ud83d""#, "\u{FEFF}{}", "{}\u{FEFF}", "[1]//", "/*c*/[1]", "{}{}", "{}x", "\u{A0}1", "\u{0}",
        "1\u{0}",
    ])
    func `what RFC 8259 does not allow is refused`(text: String) {
        #expect(throws: JSONReader.Failure.self) { try JSONReader.read(text.utf8) }
    }

    @Test(
        arguments: [
            // UTF-16 either way, a bare continuation, an overlong slash, a surrogate, beyond Unicode, a cut sequence.
            [0x7B, 0, 0x7D, 0], [0, 0x7B, 0, 0x7D], [0xFF, 0xFE, 0x7B, 0, 0x7D, 0], [0x22, 0x80, 0x22],
            [0x22, 0xC0, 0xAF, 0x22],
            [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], [0x22, 0xE2, 0x82, 0x22],
            [0x22, 0x5C, 0x6E, 0xFF, 0x22],
        ] as [[UInt8]])
    func `bytes that are not UTF-8 are refused`(bytes: [UInt8]) {
        #expect(throws: JSONReader.Failure.self) { try JSONReader.read(bytes) }
    }

    @Test(arguments: [
        #"{"a":1,"a":2}"#, #"{"a":1,"b":2,"\u0061":3}"#, #"[{"x":{"k":0,"k":0}}]"#,
        "{" + (0..<20).map { "\"k\($0)\":0" }.joined(separator: ",") + #","k3":1}"#,
        "{" + (0..<20).map { "\"k\($0)\":0" }.joined(separator: ",") + #","k19":1}"#,
    ])
    func `a key that comes twice is refused by its name`(text: String) {
        let failure = #expect(throws: JSONReader.Failure.self) { try JSONReader.read(text.utf8) }
        #expect(failure?.message.hasPrefix("duplicate key") == true)
    }

    @Test func `texts are as deep as allowed and no deeper`() throws {
        for (open, close) in [("[", "]"), (#"{"a":"#, "}")] {
            let inner = open == "[" ? "" : "0"
            func nested(_ depth: Int) -> String {
                String(repeating: open, count: depth) + inner + String(repeating: close, count: depth)
            }
            _ = try JSONReader.read(nested(32).utf8)
            #expect(throws: JSONReader.Failure.self) { try JSONReader.read(nested(33).utf8) }
            #expect(throws: JSONReader.Failure.self) {
                try JSONReader.read(String(repeating: open, count: 100_000).utf8)
            }
            _ = try JSONReader.read(nested(40).utf8, depthLimit: 40)
        }
    }

    @Test func `a failure says where`() {
        let failure = #expect(throws: JSONReader.Failure.self) { try JSONReader.read(#"{"a":1,"b":tru}"#.utf8) }
        #expect(failure?.offset == 11 && failure?.message == "expected true")
    }

    /// One of everything, so that every state of the reader is cut through.
    private static let everything =
        #"{"id":7,"op":"check","a":[true,false,null,-0.5e-3,[],{}],"t":"é\u00e9\ud83d\ude00\n😀","n":{"m":{"k":"v"}}}"#

    @Test func `a text cut short at any byte is refused`() throws {
        let bytes = Array(Self.everything.utf8)
        _ = try JSONReader.read(bytes)
        for length in 0..<bytes.count {
            #expect(throws: JSONReader.Failure.self, "cut to \(length) bytes") { try JSONReader.read(bytes[..<length]) }
        }
    }

    @Test(arguments: Seed.some(60))
    func `a mutated text is read or refused, and what is read can be written and read again`(seed: Seed) throws {
        var random = SeededGenerator(seed)
        let awkward = Array("{}[]\",:\\u0189-+.eE dtrfn".utf8) + [0, 0x1F, 0x7F, 0x80, 0xC2, 0xE2, 0xED, 0xF0, 0xFF]
        for _ in 0..<300 {
            var bytes = Array(Self.everything.utf8)
            for _ in 0..<random.number(1..<6) where !bytes.isEmpty {
                let index = random.number(0..<bytes.count)
                switch random.number(0..<4) {
                case 0: bytes.remove(at: index)
                case 1: bytes.insert(random.pick(awkward), at: index)
                case 2: bytes[index] = random.pick(awkward)
                default: bytes.replaceSubrange(index..., with: bytes[random.number(0..<index + 1)...])
                }
            }
            do {
                let value = try JSONReader.read(bytes)
                var writer = JSONWriter()
                writer.value(value)
                let again = try JSONReader.read(writer.bytes, depthLimit: 64)
                #expect(again == value, "\(writer.text)")
            } catch {
                #expect((0...bytes.count).contains(error.offset) && !error.message.isEmpty)
            }
        }
    }

    @Test func `an object of many keys takes no square of its size`() throws {
        let text = "{" + (0..<50_000).map { "\"key-\($0)\":0" }.joined(separator: ",") + "}"
        #expect(try JSONReader.read(text.utf8).members?.count == 50_000)
    }
}

@Suite struct JSONValueTests {
    @Test(
        arguments: [
            ("5", 5), ("-5", -5), ("-0", 0), ("5.0", 5), ("5.000000", 5), ("1e3", 1000), ("1.5e1", 15), ("50e-1", 5),
            ("9223372036854775807", .max), ("-9223372036854775808", .min), ("9.223372036854775807e18", .max),
            ("0e99999", 0),
            ("9223372036854775808", nil), ("1e19", nil), ("5.5", nil), ("5.0004", nil), ("2.9996", nil),
            ("0.0001", nil),
            ("1e-9", nil), ("1e-400", nil), ("-0.0000000000000000000000000000000000000000000000001", nil),
        ] as [(String, Int64?)])
    func `whole numbers are whole and nothing else is`(digits: String, value: Int64?) {
        #expect(JSON.number(digits).integer == value)
    }

    @Test(
        arguments: [
            ("2.5e-05", 25_000), ("0.30", 300_000_000), ("25.0712", 25_071_200_000), ("-1", -1_000_000_000),
            ("1e10", nil),
        ] as [(String, Int64?)])
    func `money keeps the number's own digits`(digits: String, nanodollars: Int64?) {
        #expect(JSON.number(digits).money?.nanodollars == nanodollars)
    }

    @Test func `a value of another kind is nil, not a guess`() {
        let text = JSON.string("5")
        #expect(text.integer == nil && text.money == nil && text.bool == nil && text.array == nil && text["a"] == nil)
        #expect(JSON.number("1").string == nil && JSON.bool(true).integer == nil && JSON.null.members == nil)
        #expect(JSON.null.isNull)
    }

    @Test func `error messages show a value in short`() {
        #expect(JSON.string(String(repeating: "x", count: 61)).shown == "\"\(String(repeating: "x", count: 60))…\"")
        #expect(JSON.string("ten").shown == #""ten""#)
        #expect(JSON.array([.null]).shown == "a list" && JSON.object([]).shown == "an object")
        #expect(JSON.number(String(repeating: "9", count: 99)).shown.count == 60)
    }
}
