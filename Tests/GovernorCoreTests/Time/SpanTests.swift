import GovernorCore
import Seeds
import Testing

@Suite struct SpanTests {
    @Test(
        arguments: [
            ("90s", 90_000), ("15m", 900_000), ("1h30m", 5_400_000), ("2d", 172_800_000), ("1w", 604_800_000),
            ("250ms", 250), ("0s", 0), ("1w2d3h4m5s6ms", 788_645_006), ("1m1ms", 60_001), ("007s", 7000),
            ("9223372036854775807ms", nil), ("4611686018427387903ms", 4_611_686_018_427_387_903),
            ("15250284452w", nil), ("99999999999999999999s", nil), ("", nil), ("5", nil), ("m", nil), ("1h1h", nil),
            ("30m1h", nil), ("1.5h", nil), ("-1h", nil), ("1 h", nil), ("1H", nil), ("1y", nil), (" 1h", nil),
            ("1h ", nil),
            ("٣h", nil), ("1h30", nil), ("forever", nil),
        ] as [(String, Int64?)])
    func `spans are read as Prometheus writes them`(text: String, milliseconds: Int64?) {
        #expect(Span(text: text)?.milliseconds == milliseconds)
    }

    @Test(
        arguments: [
            (0, "0ms"), (250, "250ms"), (-250, "-250ms"), (45_000, "45s"), (5_400_000, "1h 30m"), (3_605_000, "1h"),
            (11_520_000, "3h 12m"), (-90_000, "-1m 30s"), (694_861_000, "8d 1h"), (.max, "106751991167d 7h"),
            (.min, "-106751991167d 7h"),
        ] as [(Int64, String)])
    func `people see the two largest units`(milliseconds: Int64, text: String) {
        #expect(Span(milliseconds: milliseconds).text == text)
    }

    @Test(arguments: Seed.some(20)) func `reading what was written gives no more than was there`(seed: Seed) throws {
        var random = SeededGenerator(seed)
        for _ in 0..<100 {
            let span = Span(milliseconds: random.number(0...1 << 40))
            let read = try #require(Span(text: span.text.filter { $0 != " " }), "\(span.text)")
            #expect(read <= span, "\(span.text)")
        }
    }

    @Test func `time saturates at both ends`() {
        let least = Span(milliseconds: .min)
        let most = Span(milliseconds: .max)
        #expect(Timestamp(seconds: .max) == .distantFuture)
        #expect(Timestamp(seconds: .min) == .distantPast)
        #expect(Span.days(.max) == most)
        #expect(Span.hours(.min) == least)
        #expect(-least == most)
        for time in [Timestamp.distantPast, .distantFuture, monday] {
            for span in [least, most] {
                _ = time + span
                _ = time - span
            }
            for other in [Timestamp.distantPast, .distantFuture, monday] { _ = time - other }
        }
        #expect(monday + most == .distantFuture)
        #expect(monday - most < monday)
        #expect(Timestamp.distantFuture - monday > .zero)
        #expect(Timestamp.distantFuture + Span(milliseconds: -1) == .distantFuture)
    }
}
