/// What was gathered for one series: a state for every interval.
struct PartialRow: Sendable {
    /// Counts, sums (rounded), least or greatest values.
    var values: [Double]
    /// What rounding left over; only for sums and averages.
    var low: [Double] = []
    /// How many terms; only for averages.
    var weights: [Double] = []

    init(_ aggregation: Aggregation, count: Int) {
        values = Array(repeating: aggregation.emptyValue, count: count)
        if aggregation == .sum || aggregation == .average { low = Array(repeating: 0, count: count) }
        if aggregation == .average { weights = Array(repeating: 0, count: count) }
    }

    /// How many numbers a row holds for every interval.
    static func width(_ aggregation: Aggregation) -> Int {
        switch aggregation {
        case .count, .minimum, .maximum: 1
        case .sum: 2
        case .average: 3
        }
    }

    /// Takes in a value with the weight of so many observations; not a number is no value.
    @inline(__always)
    mutating func add(_ value: Double, weight: Double = 1, at interval: Int, _ aggregation: Aggregation) {
        switch aggregation {
        case .count: values[interval] += value
        case .minimum: if !(values[interval] <= value) { values[interval] = value }
        case .maximum: if !(values[interval] >= value) { values[interval] = value }
        case .sum: addSum(CompensatedSum(value), at: interval)
        case .average:
            addSum(weight == 1 ? CompensatedSum(value) : CompensatedSum(product: value, weight), at: interval)
            weights[interval] += weight
        }
    }

    private mutating func addSum(_ term: CompensatedSum, at interval: Int) {
        guard values[interval].bitPattern != Self.absent else {
            values[interval] = term.high
            low[interval] = term.low
            return
        }
        var sum = CompensatedSum(values[interval], low[interval])
        sum.add(term)
        values[interval] = sum.high.isNaN ? Self.undefined : sum.high
        low[interval] = sum.low
    }

    private static let absent = Double.nan.bitPattern
    /// The sum of both infinities: no value either, but one that stays.
    private static let undefined = Double(nan: 1, signaling: false)

    /// Takes in another row of the same width and aggregation; order does not matter.
    mutating func merge(_ other: PartialRow, _ aggregation: Aggregation) {
        let count = min(values.count, other.values.count)
        switch aggregation {
        case .count:
            for index in 0..<count { values[index] += other.values[index] }
        case .minimum, .maximum:
            for index in 0..<count where !other.values[index].isNaN {
                add(other.values[index], at: index, aggregation)
            }
        case .sum, .average:
            for index in 0..<count where other.values[index].bitPattern != Self.absent {
                addSum(CompensatedSum(other.values[index], other.low[index]), at: index)
                if aggregation == .average { weights[index] += other.weights[index] }
            }
        }
    }

    /// The value of an interval; not a number for none.
    func value(at interval: Int, _ aggregation: Aggregation) -> Double {
        switch aggregation {
        case .count, .minimum, .maximum: return values[interval]
        case .sum: return CompensatedSum(values[interval], low[interval]).value
        case .average:
            guard weights[interval] > 0 else { return .nan }
            return CompensatedSum(values[interval], low[interval]).divided(by: weights[interval])
        }
    }
}
