/// Buckets whose bounds are powers of two, for histograms and quantiles.
enum Log2Buckets {
    /// The exponent of the least power of two that is not below the value; nil for values below 2, which have no bucket.
    static func exponent(of value: UInt64) -> Int? {
        guard value >= 2 else { return nil }
        return 64 - (value - 1).leadingZeroBitCount
    }

    /// The upper bound of a bucket as its label tells it.
    static func bound(exponent: Int, isDuration: Bool) -> Double {
        let bound = Double(sign: .plus, exponent: exponent, significand: 1)
        return isDuration ? bound / 1e9 : bound
    }

    /// The exponents of buckets lie below this.
    static let exponentLimit = 65
}

/// How many observations fell below a bound and above the next lower one.
struct BucketCount {
    var bound: Double
    var count: Int64
}

/// Quantiles of bucket counts.
enum BucketQuantile {
    /// The quantile of buckets in ascending order of their bounds; 0 when nothing was counted. Buckets without a count do
    /// not matter. Between two bounds the value grows by a power of two.
    static func value(_ quantile: Double, of buckets: [BucketCount]) -> Double {
        var total: Int64 = 0
        for bucket in buckets where bucket.count > 0 { total = saturatingSum(total, bucket.count) }
        guard total > 0, quantile >= 0 else { return 0 }
        let wanted = (quantile * Double(total)).rounded(.up)
        let target = max(1, wanted >= 0x1p63 ? Int64.max : Int64(wanted))
        var consumed: Int64 = 0
        var previous: Double?
        for bucket in buckets where bucket.count > 0 {
            let next = saturatingSum(consumed, bucket.count)
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

    private static func saturatingSum(_ a: Int64, _ b: Int64) -> Int64 {
        let (sum, overflow) = a.addingReportingOverflow(b)
        return overflow ? .max : sum
    }
}
