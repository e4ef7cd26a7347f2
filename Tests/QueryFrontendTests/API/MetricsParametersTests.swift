import Foundation
import TestSupport
import Testing
import TraceQL

@testable import QueryFrontend

struct MetricsParametersTests {
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        struct Limits: Decodable, Sendable {
            let maxDurationSeconds: Int?
            let maxIntervals: Int64?
            let maxResponseSeries: UInt32?
            let maxQueryExpressionBytes: Int?
        }

        let name: String
        let target: String
        /// The clock in Unix seconds.
        let now: Int64
        let limits: Limits?
        let status: Int?
        let message: String?
        /// The refusal that comes after the tenants.
        let after: String?
        let values: [String: String]?

        var testDescription: String { name }

        var parameters: Result<MetricsParameters, APIError> {
            var limits = MetricsRequestLimits()
            if let seconds = self.limits?.maxDurationSeconds { limits.maxDuration = .init(value: .seconds(seconds)) }
            if let maximum = self.limits?.maxIntervals { limits.maxIntervals = maximum }
            if let maximum = self.limits?.maxResponseSeries { limits.maxResponseSeries = maximum }
            if let bytes = self.limits?.maxQueryExpressionBytes { limits.search.maxQueryExpressionBytes = bytes }
            let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
            return Result { () throws(APIError) in
                try MetricsParameters(
                    QueryItems(parsing: String(parts[1])), isInstant: parts[0].hasSuffix("/query"), limits: limits,
                    parseLimits: .default, now: now * 1_000_000_000)
            }
        }
    }

    @Test(arguments: try Corpus.load("api-metrics", in: .module, atLeast: 110, as: Case.self))
    func `parameters are checked in the order of Tempo`(_ item: Case) throws {
        switch item.parameters {
        case .failure(let error):
            #expect(error == APIError(status: item.status ?? 0, message: item.message ?? "accepted"))
        case .success(let parameters):
            #expect(item.status == nil, "refused with: \(item.message ?? "")")
            let late = Result { () throws(APIError) in try parameters.checkAfterTenants() }
            if let after = item.after {
                #expect(throws: APIError.badRequest(after)) { try late.get() }
            } else {
                #expect(throws: Never.self) { try late.get() }
            }
            let aligned = parameters.aligned
            let found: [String: String] = [
                "start": "\(parameters.range.start)", "end": "\(parameters.range.end)", "step": "\(parameters.step)",
                "exemplars": "\(parameters.exemplars)", "maxSeries": "\(parameters.maxSeries)",
                "text": parameters.text, "alignedStart": "\(aligned.start)", "alignedEnd": "\(aligned.end)",
            ]
            for (name, value) in item.values ?? [:] { #expect(found[name] == value, "\(name)") }
        }
    }

    @Test func `ranges are put on whole steps`() throws {
        struct Row: Decodable { let start, end, step, alignedStart, alignedEnd: Int64 }
        for row in try Corpus.load("api-metrics-alignment", in: .module, atLeast: 12, as: Row.self) where row.step > 0 {
            let items = QueryItems([
                ("q", "{}|rate()"), ("start", Self.time(row.start)), ("end", Self.time(row.end)),
                ("step", "\(row.step)ns"),
            ])
            let parameters = try MetricsParameters(
                items, isInstant: false, limits: MetricsRequestLimits(), parseLimits: .default,
                now: 1_795_220_000_000_000_000)
            #expect(parameters.aligned.start == row.alignedStart, "\(row.start) \(row.step)")
            #expect(parameters.aligned.end == row.alignedEnd, "\(row.end) \(row.step)")
        }
    }

    private static func time(_ nanoseconds: Int64) -> String {
        let digits = "\(nanoseconds)"
        return String(repeating: "0", count: max(0, 11 - digits.utf8.count)) + digits
    }
}
