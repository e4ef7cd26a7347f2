import TempoAPI

/// How the series of an answer differ from those expected; empty when they do not. Order counts, metrics do not.
struct SeriesComparison {
    private(set) var differences: [String] = []

    /// - Parameters:
    ///   - tolerance: relative, of values.
    ///   - ignoresZeroSeries: series without any observation may stand on one side only.
    init(
        _ found: [TimeSeries], _ expected: [TimeSeries], tolerance: Double = 1e-9, ignoresExemplars: Bool = false,
        ignoresOrder: Bool = false
    ) {
        var found = found
        var expected = expected
        if ignoresOrder {
            found.sort { Self.text($0.labels) < Self.text($1.labels) }
            expected.sort { Self.text($0.labels) < Self.text($1.labels) }
        }
        let names = (found.map { Self.text($0.labels) }, expected.map { Self.text($0.labels) })
        guard names.0 == names.1 else {
            differences.append("series \(names.0), expected \(names.1)")
            return
        }
        for (one, other) in zip(found, expected) {
            let name = Self.text(one.labels)
            let times = (one.samples.map(\.timestampMs), other.samples.map(\.timestampMs))
            guard times.0 == times.1 else {
                differences.append("\(name): times \(times.0), expected \(times.1)")
                continue
            }
            for (sample, wanted) in zip(one.samples, other.samples)
            where !Self.isNear(sample.value, wanted.value, tolerance) {
                differences.append("\(name) at \(sample.timestampMs): \(sample.value), expected \(wanted.value)")
            }
            guard !ignoresExemplars else { continue }
            let exemplars = (Self.sorted(one.exemplars), Self.sorted(other.exemplars))
            guard exemplars.0.count == exemplars.1.count else {
                differences.append("\(name): exemplars \(exemplars.0), expected \(exemplars.1)")
                continue
            }
            for (exemplar, wanted) in zip(exemplars.0, exemplars.1)
            where exemplar.timestampMs != wanted.timestampMs
                || Self.text(exemplar.labels) != Self.text(wanted.labels)
                || !Self.isNear(exemplar.value, wanted.value, tolerance)
            {
                differences.append("\(name): exemplar \(exemplar), expected \(wanted)")
            }
        }
    }

    private static func text(_ labels: [KeyValue]) -> String {
        labels.map { "\($0.key)=\(String(decoding: ($0.value ?? AnyValue()).json, as: UTF8.self))" }
            .joined(separator: ",")
    }

    private static func sorted(_ exemplars: [Exemplar]) -> [Exemplar] {
        exemplars.map { exemplar in
            var exemplar = exemplar
            exemplar.labels.sort { $0.key < $1.key }
            return exemplar
        }.sorted { ($0.timestampMs, Self.text($0.labels)) < ($1.timestampMs, Self.text($1.labels)) }
    }

    private static func isNear(_ a: Double, _ b: Double, _ tolerance: Double) -> Bool {
        a == b || (a.isNaN && b.isNaN) || (a - b).magnitude <= tolerance * max(a.magnitude, b.magnitude)
    }
}
