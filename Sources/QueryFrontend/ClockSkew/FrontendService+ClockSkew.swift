import TenantFederation

/// What is told of clocks that disagree: the header field and the log line of the query, counters, and the state of targets.
extension FrontendService {
    /// - Parameter report: nil: clocks were not compared, or one target holds all spans.
    func noteClocks(_ report: ClockSkewReport?, _ scope: inout QueryScope) {
        guard let report else { return }
        let name = { (member: Int) in self.targets[member].upstream.name }
        var seen: [Int: [Int64]] = [:]
        for pair in report.pairs {
            let (first, second) = (name(pair.first), name(pair.second))
            if pair.childrenBeforeParents > 0 {
                metrics.clockSkew.with(first, second).increment(by: pair.childrenBeforeParents)
            }
            if pair.reverseChildrenBeforeParents > 0 {
                metrics.clockSkew.with(second, first).increment(by: pair.reverseChildrenBeforeParents)
            }
            guard let offset = pair.offset else { continue }
            metrics.clockOffset.with(first, second).set(Double(offset) / 1e9)
            seen[pair.first, default: []].append(-offset)
            seen[pair.second, default: []].append(offset)
        }
        for (member, offsets) in seen where exchanges.indices.contains(member) {
            exchanges[member].state.note(clockSkew: .nanoseconds(Self.middle(offsets)))
        }
        scope.clockSkew = ClockSkewText(report, name: name).value
        for shift in report.shifts {
            scope.mark.note(
                .approximate,
                "spans of \(name(shift.member)) shifted by \(ClockSkewText.milliseconds(shift.nanoseconds)) "
                    + "(clock_skew_correction)")
        }
    }

    /// The middle one; of two middle ones the nearer to zero, so that of three clocks only the one that is off looks so.
    private static func middle(_ offsets: [Int64]) -> Int64 {
        let sorted = offsets.sorted()
        let upper = sorted[sorted.count / 2]
        guard sorted.count % 2 == 0 else { return upper }
        let lower = sorted[sorted.count / 2 - 1]
        return lower.magnitude <= upper.magnitude ? lower : upper
    }
}
