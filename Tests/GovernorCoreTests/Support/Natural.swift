/// A number without end, from zero up, in decimal digits: slow, plain and nothing like what it checks.
struct Natural: Hashable, CustomStringConvertible {
    /// Least significant first, no leading zeros.
    private(set) var digits: [Int]

    init(digits: [Int]) {
        self.digits = digits
        while self.digits.last == 0 { self.digits.removeLast() }
    }

    init(_ value: Int64) { self.init(digits: String(value.magnitude).reversed().compactMap(\.wholeNumberValue)) }

    static let zero = Natural(digits: [])

    var description: String { digits.isEmpty ? "0" : digits.reversed().map(String.init).joined() }

    /// Whether it fits 64 bits with a sign.
    var fits: Bool { Int64(description) != nil }

    static func + (left: Natural, right: Natural) -> Natural {
        var sum: [Int] = []
        var carry = 0
        for index in 0..<max(left.digits.count, right.digits.count) + 1 {
            let here = left[index] + right[index] + carry
            sum.append(here % 10)
            carry = here / 10
        }
        return Natural(digits: sum)
    }

    static func * (left: Natural, right: Natural) -> Natural {
        var product = [Int](repeating: 0, count: left.digits.count + right.digits.count + 1)
        for (i, a) in left.digits.enumerated() {
            for (j, b) in right.digits.enumerated() { product[i + j] += a * b }
        }
        for index in 0..<product.count - 1 {
            product[index + 1] += product[index] / 10
            product[index] %= 10
        }
        return Natural(digits: product)
    }

    /// The digit at a place of ten; zero beyond the first.
    subscript(place: Int) -> Int { place < digits.count ? digits[place] : 0 }

    static func < (left: Natural, right: Natural) -> Bool {
        left.digits.count != right.digits.count
            ? left.digits.count < right.digits.count
            : left.digits.reversed().lexicographicallyPrecedes(right.digits.reversed())
    }

    /// The difference; the right side is no larger.
    static func - (left: Natural, right: Natural) -> Natural {
        var difference: [Int] = []
        var borrow = 0
        for index in left.digits.indices {
            let here = left[index] - right[index] - borrow
            difference.append(here < 0 ? here + 10 : here)
            borrow = here < 0 ? 1 : 0
        }
        return Natural(digits: difference)
    }

    /// This over a divisor above zero, by long division, rounded half to even.
    func divided(by divisor: Natural) -> Natural {
        var quotient: [Int] = []
        var rest = Natural.zero
        for digit in digits.reversed() {
            rest = Natural(digits: [digit] + rest.digits)
            var count = 0
            while !(rest < divisor) {
                rest = rest - divisor
                count += 1
            }
            quotient.insert(count, at: 0)
        }
        let whole = Natural(digits: quotient)
        let twice = rest + rest
        let isUp = twice == divisor ? whole[0] % 2 == 1 : divisor < twice
        return isUp ? whole + Natural(1) : whole
    }

    /// The number made of the first `keeping` of the digits (most significant first; zeros are added at the end where
    /// there are fewer), rounded half to even by the rest.
    static func rounded(digits: [Int], keeping: Int) -> Natural? {
        if keeping >= digits.count {
            return Natural(digits: (digits + [Int](repeating: 0, count: keeping - digits.count)).reversed())
        }
        guard keeping >= 0 else { return .zero }
        let kept = Natural(digits: digits[..<keeping].reversed())
        let rest = digits[keeping...]
        let next = rest.first ?? 0
        let isHalf = next == 5 && rest.dropFirst().allSatisfy { $0 == 0 }
        let isUp = isHalf ? kept[0] % 2 == 1 : next >= 5
        return isUp ? kept + Natural(1) : kept
    }
}
