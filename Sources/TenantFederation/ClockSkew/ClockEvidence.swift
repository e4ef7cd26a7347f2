/// What the spans of one parent and child say of how far the second member's clock is ahead of the first's: at least `low`, at most
/// `high`. Both ends count.
struct ClockInterval: Hashable {
    var low: Int64
    var high: Int64

    static let unbounded = ClockInterval(low: .min, high: .max)

    /// Nanoseconds from zero to the nearest end; 0 when zero is within.
    var distanceFromZero: UInt64 { low > 0 ? low.magnitude : high < 0 ? high.magnitude : 0 }

    func clamp(_ value: Int64) -> Int64 { min(max(value, low), high) }
}

/// All parents and children of two members that lie in different ones.
struct ClockEvidence {
    /// The parent is in the first member. The interval always has an upper end, how long after its parent the child starts, and a lower
    /// one for a client and its server, how long after its client the server ends.
    private(set) var forward: [ClockInterval] = []
    /// The parent is in the second member: the same with the ends exchanged.
    private(set) var backward: [ClockInterval] = []

    /// - Parameters:
    ///   - startGap: from the parent's start to the child's.
    ///   - endGap: from the parent's end to the child's, of a client and its server, not greater than `startGap`.
    mutating func add(parentIsFirst: Bool, startGap: Int64, endGap: Int64?) {
        if parentIsFirst {
            forward.append(ClockInterval(low: endGap ?? .min, high: startGap))
        } else {
            backward.append(ClockInterval(low: -startGap, high: endGap.map { -$0 } ?? .max))
        }
    }

    /// Children that start before their parents if the second member's clock is ahead by so much.
    func disorder(ifAheadBy offset: Int64) -> (forward: Int, backward: Int) {
        (forward.count { $0.high < offset }, backward.count { $0.low > offset })
    }

    /// What most of the evidence agrees on.
    func estimate() -> ClockEstimate {
        var estimate = ClockEstimate(interval: .unbounded)
        var middles: [Int64] = []
        for list in [forward, backward] {
            for interval in list {
                estimate.interval.low = max(estimate.interval.low, interval.low)
                estimate.interval.high = min(estimate.interval.high, interval.high)
                // The ends of an interval are cut differences, so their sum fits.
                if interval.low != .min, interval.high != .max { middles.append((interval.low + interval.high) >> 1) }
            }
        }
        if estimate.interval.low > estimate.interval.high {
            estimate.isContradictory = true
            estimate.interval = majority()
        }
        estimate.exchanges = middles.count
        if let median = Self.median(&middles) {
            estimate.offset = estimate.interval.clamp(median)
        } else if estimate.isSkewed {
            estimate.offset = estimate.interval.clamp(0)
        }
        return estimate
    }

    /// Where most intervals overlap; from the first to the last such place when there are several.
    private func majority() -> ClockInterval {
        var lows: [Int64] = []
        var highs: [Int64] = []
        lows.reserveCapacity(forward.count + backward.count)
        highs.reserveCapacity(forward.count + backward.count)
        for list in [forward, backward] {
            for interval in list {
                lows.append(interval.low)
                highs.append(interval.high)
            }
        }
        lows.sort()
        highs.sort()
        var best = ClockInterval.unbounded
        var most = 0
        var next = 0
        var passed = 0
        // No interval ends before it begins, so `passed` never overtakes `next`.
        while next < lows.count {
            if lows[next] <= highs[passed] {
                next += 1
                let overlapping = next - passed
                if overlapping > most {
                    most = overlapping
                    best = ClockInterval(low: lows[next - 1], high: highs[passed])
                } else if overlapping == most {
                    best.high = highs[passed]
                }
            } else {
                passed += 1
            }
        }
        return best
    }

    private static func median(_ values: inout [Int64]) -> Int64? {
        guard !values.isEmpty else { return nil }
        values.sort()
        let middle = values.count / 2
        return values.count % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) >> 1
    }
}

/// How far the second of two members' clocks is ahead of the first's.
struct ClockEstimate: Hashable {
    /// Where the offset must be for most of the evidence to hold.
    var interval: ClockInterval
    /// The likeliest offset within; nil when the spans do not tell.
    var offset: Int64?
    /// Pairs of a client and its server.
    var exchanges = 0
    /// Some evidence was outvoted.
    var isContradictory = false

    /// Two right clocks could not have given these times.
    var isSkewed: Bool { interval.distanceFromZero > 0 }
}
