import Synchronization

/// Holds each tenant to its bytes a second, with a burst: a bucket that fills at the rate and empties by what comes.
final class IngestionRate: Sendable {
    private struct Bucket {
        var level: Double
        var filledAt: ContinuousClock.Instant
    }

    /// Tenants whose buckets are kept.
    private static let maxBuckets = 10_000

    private let buckets = Mutex<[String: Bucket]>([:])

    /// Takes `count` bytes of a tenant's allowance.
    /// - Parameters:
    ///   - rate: bytes a second; zero or less is no limit.
    ///   - burst: bytes at once; counts as at least the rate.
    /// - Returns: nil when there was room; else the seconds, rounded up, after which there would be.
    func take(
        _ count: Int, tenant: String, rate: Int, burst: Int, now: ContinuousClock.Instant = .now
    ) -> Int? {
        guard rate > 0 else { return nil }
        let size = Double(max(rate, burst))
        return buckets.withLock { buckets in
            // Full buckets say nothing; at the bound they are all forgotten, which is lenient for a moment.
            if buckets.count >= Self.maxBuckets, buckets[tenant] == nil { buckets = [:] }
            var bucket = buckets[tenant] ?? Bucket(level: size, filledAt: now)
            let elapsed = (now - bucket.filledAt) / .seconds(1)
            bucket.level = min(size, bucket.level + max(0, elapsed) * Double(rate))
            bucket.filledAt = max(bucket.filledAt, now)
            defer { buckets[tenant] = bucket }
            // What is larger than the bucket may come when the bucket is full, or it never could.
            let needed = min(Double(count), size)
            guard bucket.level >= needed else {
                return Int(min(3600, (needed - bucket.level) / Double(rate)).rounded(.up))
            }
            bucket.level -= needed
            return nil
        }
    }
}
