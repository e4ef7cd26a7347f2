import Foundation
import TestSupport
import TraceQL

/// A recorded metrics query: what queriers returned and what came of it.
struct MetricsCase: Decodable {
    var name: String
    var kind: String
    var q: String
    var start: UInt64
    var end: UInt64
    var step: UInt64?
    var instant: Bool?
    var maxSeries: Int?
    var exemplars: Int
    var alignedStart: UInt64
    var alignedEnd: UInt64
    var spans: [MetricsCaseSpan]?
    var partials: [[WireSeries]]
    var sum: [WireSeries]?
    var final: [WireSeries]
    var status: String?
    var message: String?
    var approx: Bool?
    var quirk: Bool?

    var isInstant: Bool { instant ?? false }

    /// How far values may be off, relative to their size.
    var tolerance: Double { approx == true ? 1e-9 : 4e-15 }

    static func all() throws -> [MetricsCase] { try Corpus.load("metrics-cases", in: .module, atLeast: 264) }

    func range() throws -> MetricsRange {
        if isInstant { return try .instant(start: start, end: end) }
        return try .aligned(start: start, end: end, step: step ?? 0)
    }

    /// The instant handler drops the parameter `maxSeries`.
    func metricsQuery() throws -> MetricsQuery {
        let query = try Query.parse(q)
        try query.validate()
        return try MetricsQuery(
            query, range: try range(), exemplarLimit: exemplars,
            limits: MetricsLimits(maxSeries: isInstant ? 0 : maxSeries ?? 0))
    }
}

/// A span of a case.
struct MetricsCaseSpan: Decodable {
    var tenant: Int?
    var trace: String
    var id: String
    var parent: String?
    var service: String
    var name: String
    var start: UInt64
    var durationNanos: UInt64
    var status: String?
    var statusMessage: String?
    var kind: String?
    var attributes: [String: WireValue]?
    var resource: [String: WireValue]?
}

/// A series in Tempo's JSON.
struct WireSeries: Decodable, Sendable {
    struct Label: Decodable, Sendable {
        var key: String
        var value: WireValue
    }
    struct Sample: Decodable, Sendable {
        var timestampMs: WireInteger?
        var value: WireDouble?
    }
    struct Exemplar: Decodable, Sendable {
        var labels: [Label]?
        var timestampMs: WireInteger?
        var value: WireDouble?
    }
    var labels: [Label]?
    var samples: [Sample]?
    var exemplars: [Exemplar]?
    /// Of an instant query's answer.
    var value: WireDouble?

    var series: MetricsSeries {
        MetricsSeries(
            labels: Self.labels(labels),
            samples: allSamples,
            exemplars: (exemplars ?? []).map {
                MetricsExemplar(
                    labels: Self.labels($0.labels), value: $0.value?.number ?? 0,
                    timestampMilliseconds: $0.timestampMs?.number ?? 0)
            })
    }

    /// The answer of an instant query has one value without a time.
    private var allSamples: [MetricsSample] {
        guard let samples else { return [MetricsSample(timestampMilliseconds: 0, value: value?.number ?? 0)] }
        return samples.map {
            MetricsSample(timestampMilliseconds: $0.timestampMs?.number ?? 0, value: $0.value?.number ?? 0)
        }
    }

    private static func labels(_ labels: [Label]?) -> [MetricsLabel] {
        (labels ?? []).map { MetricsLabel($0.key, $0.value.labelValue) }
    }
}

/// An integer in JSON: a string, or a number.
struct WireInteger: Decodable, Sendable {
    var number: Int64

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self), let number = Int64(text) {
            self.number = number
        } else {
            number = try container.decode(Int64.self)
        }
    }
}

/// A double in JSON: a number, or the name of one that is not finite.
struct WireDouble: Decodable, Sendable {
    var number: Double

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            number = text == "NaN" ? .nan : text == "Infinity" ? .infinity : -.infinity
        } else {
            number = try container.decode(Double.self)
        }
    }
}

/// A value in the JSON of OTLP.
struct WireValue: Decodable, Sendable {
    struct List: Decodable, Sendable {
        var values: [WireValue]?
    }
    var stringValue: String?
    var intValue: WireInteger?
    var doubleValue: WireDouble?
    var boolValue: Bool?
    var arrayValue: List?

    var labelValue: MetricsLabelValue {
        if let stringValue { return .string(stringValue) }
        if let intValue { return .int(intValue.number) }
        if let doubleValue { return .float(doubleValue.number) }
        if let boolValue { return .boolean(boolValue) }
        return .array((arrayValue?.values ?? []).map(\.labelValue))
    }
}
