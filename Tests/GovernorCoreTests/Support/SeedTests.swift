import Seeds
import Testing

@Test func `the same seed gives the same numbers`() {
    var one = SeededGenerator(Seed(value: 1_234_567))
    #expect(
        (0..<3).map { _ in one.next() } == [
            6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
        ])
}
