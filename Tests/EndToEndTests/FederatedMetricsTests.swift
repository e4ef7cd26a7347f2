import Foundation
import TestSupport
import Testing

/// Metrics over three recorded tenants through the real binary equal those of the tenant that holds all their spans.
@Suite(.ownThreads, .timeLimit(.minutes(20))) struct FederatedMetricsTests {
    /// Queries whose questions were recorded too.
    private static let queries = [
        "{} | rate()", "{} | count_over_time() by (resource.service.name)",
        "{} | quantile_over_time(duration, .5, .99) by (resource.service.name)", "{} | histogram_over_time(duration)",
        "{} | max_over_time(span.ratio) by (span.region)", "{} | min_over_time(duration)",
        "{} | sum_over_time(duration) by (resource.team)",
        "{} | count_over_time() by (span.http.status_code) | topk(2)",
        "{} | rate() by (span.cached)",
        "{} | count_over_time() by (resource.service.name, span.http.method, span.cached)",
    ]

    @Test func `series over three tenants equal those of all spans`() throws {
        let replay = try RunningReplay()
        defer { replay.stop() }
        let frontend = try RunningFrontend([.init(name: "replay", port: replay.port)])
        defer { frontend.stop() }
        for query in Self.queries {
            for (path, step) in [("/api/metrics/query_range", "&step=30s"), ("/api/metrics/query", "")] {
                let text = query.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
                let target = "\(path)?q=\(text)&start=1795222878&end=1795223178\(step)"
                let ours = try frontend.get(target, tenants: "onyx|jade|ruby|jade")
                let union = try replay.get(target, tenant: "union")
                #expect(ours.status == 200, "\(target): \(ours.text)")
                #expect(ours["Content-Type"] == "application/json")
                #expect(ours["X-Tempo-Federation"] == "exact", "\(query): \(ours["X-Tempo-Federation-Reason"] ?? "")")
                let found = try JSONValue(parsing: ours.body)["series"]?.elements ?? []
                let wanted = try JSONValue(parsing: union.body)["series"]?.elements ?? []
                #expect(!wanted.isEmpty)
                #expect(found.map { $0["labels"] } == wanted.map { $0["labels"] }, "\(target)")
                for (one, other) in zip(found, wanted) {
                    let (ours, theirs) = (Self.points(one), Self.points(other))
                    #expect(ours.map(\.time) == theirs.map(\.time), "\(target)")
                    for (point, expected) in zip(ours, theirs) {
                        let scale = max(point.value.magnitude, expected.value.magnitude)
                        #expect((point.value - expected.value).magnitude <= 1e-9 * scale, "\(target)")
                    }
                }
            }
        }
    }

    /// The samples of a series of a range, or the value of an instant one.
    private static func points(_ series: JSONValue) -> [(time: Int64, value: Double)] {
        guard let samples = series["samples"] else { return [(0, number(series["value"]))] }
        return samples.elements.map { ($0["timestampMs"]?.integer ?? -1, number($0["value"])) }
    }

    /// A zero is left out in JSON.
    private static func number(_ value: JSONValue?) -> Double {
        if case .number(let number)? = value { number } else { 0 }
    }
}
