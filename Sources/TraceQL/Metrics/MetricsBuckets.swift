/// Buckets whose bounds are powers of two, for histograms and quantiles.
public enum MetricsBuckets {
    /// How many observations lie in a bucket.
    public struct Count: Sendable, Hashable {
        /// The upper bound.
        public var bound: Double
        /// How many.
        public var count: Int64

        /// A count.
        public init(bound: Double, count: Int64) {
            self.bound = bound
            self.count = count
        }
    }

    /// The upper bound of the bucket that holds a value, as its label tells it: the least power of two that is not below;
    /// for durations, whose values are nanoseconds, in seconds. Values below 2 have no bucket.
    public static func bound(of value: UInt64, isDuration: Bool) -> Double? {
        exponent(of: value).map { bound(exponent: $0, isDuration: isDuration) }
    }

    /// The quantile (0 to 1) of buckets in ascending order of their bounds; 0 when nothing was counted. Between the
    /// bounds of a bucket and of the one given before it the value grows exponentially; metrics queries give only buckets
    /// with a count.
    public static func quantile(_ quantile: Double, of buckets: [Count]) -> Double {
        var total: Int64 = 0
        for bucket in buckets where bucket.count > 0 { total = saturatingSum(total, bucket.count) }
        guard total > 0, quantile >= 0 else { return 0 }
        let wanted = (quantile * Double(total)).rounded(.up)
        let target = max(1, wanted >= 0x1p63 ? Int64.max : Int64(wanted))
        var consumed: Int64 = 0
        var previous: Double?
        for bucket in buckets {
            let next = saturatingSum(consumed, max(0, bucket.count))
            if next == target { return bucket.bound }
            if next > target {
                let upper = BinaryLogarithm.log2(bucket.bound)
                let lower = previous.map(BinaryLogarithm.log2) ?? upper - 1
                let fraction = Double(target - consumed) / Double(bucket.count)
                return BinaryLogarithm.exp2(lower + (upper - lower) * fraction)
            }
            consumed = next
            previous = bucket.bound
        }
        return previous ?? 0
    }

    /// The exponent of the bucket that holds a value.
    static func exponent(of value: UInt64) -> Int? {
        guard value >= 2 else { return nil }
        return 64 - (value - 1).leadingZeroBitCount
    }

    static func bound(exponent: Int, isDuration: Bool) -> Double {
        let bound = Double(sign: .plus, exponent: exponent, significand: 1)
        return isDuration ? bound / 1e9 : bound
    }

    private static func saturatingSum(_ a: Int64, _ b: Int64) -> Int64 {
        let (sum, overflow) = a.addingReportingOverflow(b)
        return overflow ? .max : sum
    }
}
