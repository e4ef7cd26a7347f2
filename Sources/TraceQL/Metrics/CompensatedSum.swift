/// A sum kept in two numbers, so that what the first one rounds off is not lost and the order of terms does not show.
struct CompensatedSum {
    /// The sum, rounded.
    var high: Double
    /// What rounding left over.
    var low: Double

    init(_ high: Double = 0, _ low: Double = 0) {
        self.high = high
        self.low = low
    }

    /// A product, exact in two numbers.
    init(product a: Double, _ b: Double) {
        high = a * b
        low = high.isFinite ? (-high).addingProduct(a, b) : 0
    }

    var value: Double { high.isFinite ? high + low : high }

    mutating func add(_ term: Double) {
        let sum = high + term
        guard sum.isFinite else {
            high = sum
            low = 0
            return
        }
        let part = sum - high
        low += (high - (sum - part)) + (term - part)
        high = sum
    }

    mutating func add(_ other: CompensatedSum) {
        add(other.high)
        guard high.isFinite, other.high.isFinite else { return }
        low += other.low
        // Keeps the first number the rounded sum.
        let sum = high + low
        low -= sum - high
        high = sum
    }

    /// The sum divided by a number above 0.
    func divided(by divisor: Double) -> Double {
        guard high.isFinite else { return high / divisor }
        let quotient = high / divisor
        guard quotient.isFinite else { return quotient }
        let rest = high.addingProduct(-quotient, divisor) + low
        return quotient + rest / divisor
    }
}
