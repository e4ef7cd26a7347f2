import TraceQL

/// How an answer differs from an expected one.
enum MetricsComparison {
    /// The first difference in words; nil when there is none. Exemplars of one series may be in any order.
    static func difference(
        _ actual: [MetricsSeries], _ expected: [MetricsSeries], tolerance: Double, isInstant: Bool = false
    ) -> String? {
        guard actual.map(\.labels) == expected.map(\.labels) else {
            return "series \(actual.map { text($0.labels) }), expected \(expected.map { text($0.labels) })"
        }
        for (left, right) in zip(actual, expected) {
            let name = text(left.labels)
            guard left.samples.count == right.samples.count else {
                return "\(name): \(left.samples.count) samples, expected \(right.samples.count)"
            }
            for (a, b) in zip(left.samples, right.samples) {
                guard isInstant || a.timestampMilliseconds == b.timestampMilliseconds else {
                    return "\(name): time \(a.timestampMilliseconds), expected \(b.timestampMilliseconds)"
                }
                guard isNear(a.value, b.value, tolerance) else {
                    return "\(name) at \(a.timestampMilliseconds): \(a.value), expected \(b.value)"
                }
            }
            let (mine, theirs) = (sorted(left.exemplars), sorted(right.exemplars))
            let isSame =
                mine.count == theirs.count
                && zip(mine, theirs).allSatisfy {
                    $0.labels == $1.labels && $0.timestampMilliseconds == $1.timestampMilliseconds
                        && isNear($0.value, $1.value, tolerance)
                }
            guard isSame else { return "\(name): exemplars \(brief(mine)), expected \(brief(theirs))" }
        }
        return nil
    }

    /// The first difference of an answer from an expected one, status and message included.
    static func difference(
        _ result: MetricsResult, _ expected: [MetricsSeries], _ status: String?, _ message: String?, of one: MetricsCase
    ) -> String? {
        if let difference = difference(
            result.series, expected, tolerance: one.tolerance, isInstant: one.isInstant)
        {
            return difference
        }
        if result.isPartial != (status == "PARTIAL") { return "partial: \(result.isPartial)" }
        return result.message == message ?? "" ? nil : "message: \(result.message)"
    }

    /// Series in an order that does not depend on where they come from.
    static func inOrder(_ series: [MetricsSeries]) -> [MetricsSeries] {
        series.map { ("\($0.labels)", $0) }.sorted { $0.0 < $1.0 }.map { $0.1 }
    }

    static func isNear(_ a: Double, _ b: Double, _ tolerance: Double) -> Bool {
        a == b || (a.isNaN && b.isNaN) || (a - b).magnitude <= tolerance * max(a.magnitude, b.magnitude)
    }

    private static func sorted(_ exemplars: [MetricsExemplar]) -> [MetricsExemplar] {
        exemplars.map { exemplar in
            var exemplar = exemplar
            exemplar.labels.sort { $0.name < $1.name }
            return exemplar
        }.sorted { ($0.timestampMilliseconds, "\($0.labels)") < ($1.timestampMilliseconds, "\($1.labels)") }
    }

    private static func text(_ labels: [MetricsLabel]) -> String {
        "{" + labels.map { "\($0.name)=\($0.value)" }.joined(separator: ", ") + "}"
    }

    private static func brief(_ exemplars: [MetricsExemplar]) -> String {
        exemplars.map { "\($0.timestampMilliseconds) \($0.value) \(text($0.labels))" }.joined(separator: "; ")
    }
}
