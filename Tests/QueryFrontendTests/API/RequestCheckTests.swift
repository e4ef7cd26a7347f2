import Foundation
import TestSupport
import Testing

@testable import QueryFrontend

struct RequestCheckTests {
    struct RequestCase: Decodable {
        struct Limits: Decodable {
            let defaultResultLimit: UInt32?
            let maxResultLimit: UInt32?
            let defaultSpansPerSpanSet: UInt32?
            let maxSpansPerSpanSet: UInt32?
            let maxDurationSeconds: Int?
            let maxQueryExpressionBytes: Int?

            var applied: SearchLimits {
                var limits = SearchLimits()
                if let defaultResultLimit { limits.defaultResultLimit = defaultResultLimit }
                if let maxResultLimit { limits.maxResultLimit = maxResultLimit }
                if let defaultSpansPerSpanSet { limits.defaultSpansPerSpanSet = defaultSpansPerSpanSet }
                if let maxSpansPerSpanSet { limits.maxSpansPerSpanSet = maxSpansPerSpanSet }
                if let maxDurationSeconds { limits.maxDuration = .seconds(maxDurationSeconds) }
                if let maxQueryExpressionBytes { limits.maxQueryExpressionBytes = maxQueryExpressionBytes }
                return limits
            }
        }

        let name: String
        let target: String
        /// The last value of the target is filled up to this length.
        let padTo: Int?
        let limits: Limits?
        /// `max_search_duration` by tenant, in seconds.
        let tenantLimits: [String: Int]?
        /// The clock in Unix seconds; nil for that of all tests.
        let now: Int64?
        let status: Int?
        let message: String?
        let phase: String?
        let values: [String: String]?
    }

    @Test func requestsAreCheckedInTheOrderOfTempo() throws {
        for item in try Corpus.load("api-requests", in: .module, atLeast: 220, as: RequestCase.self) {
            let target = item.target + String(repeating: "x", count: item.padTo ?? 0)
            let outcome = RequestOutcome.of(
                target, limits: item.limits?.applied ?? SearchLimits(), tenantLimits: item.tenantLimits ?? [:],
                now: (item.now ?? RequestOutcome.now) * 1_000_000_000)
            let hint: Comment = "\(item.name): \(item.target)"
            switch outcome {
            case .accepted(let values):
                #expect(item.status == nil, hint)
                for (name, expected) in item.values ?? [:] { #expect(values[name] == expected, hint) }
            case .redirected(let location):
                #expect(item.status == 301 && location == item.message, hint)
            case .refused(let phase, let error):
                #expect(phase == item.phase, hint)
                let shape: APIError.Shape = item.status == 404 ? .line : .plain
                #expect(
                    error == APIError(status: item.status ?? 0, message: item.message ?? "", shape: shape), hint)
            }
        }
    }

    @Test func checksOfTheLanguageStandInTheirPlace() {
        var checks = QueryTextChecks.none
        checks.syntax = { text throws(APIError) in throw .badRequest("syntax \(text)") }
        checks.semantics = { text throws(APIError) in throw .badRequest("semantics \(text)") }
        checks.spansetFilter = { text throws(APIError) in throw .badRequest("filter \(text)") }
        checks.conditionGroups = { text throws(APIError) in throw .badRequest("groups \(text)") }
        checks.identifier = { text throws(APIError) in throw .badRequest("identifier \(text)") }
        let expected: [(target: String, phase: String, message: String)] = [
            // Syntax of `q` comes after the handler's checks and before the clamp.
            ("/api/search?q=a&limit=0", "parameters", "invalid limit: must be a positive number"),
            ("/api/search?q=a&limit=300000", "parameters", "limit 300000 exceeds max limit 262144"),
            ("/api/search?q=a&end=5", "parameters", "syntax a"),
            // `query` is looked at after the clamp.
            (
                "/api/search?query=b&end=5", "parameters",
                "error parsing date range: only one of start and end provided: must provide both or neither"
            ),
            ("/api/search?query=b&spss=101", "parameters", "semantics b"),
            ("/api/v2/search/tags?q=a&start=5", "parameters", "groups a"),
            ("/api/v2/search/tag/n/values?q=a&start=5", "parameters", "groups a"),
            ("/api/v2/search/tag/n/values?start=-5&end=5", "tenants", "identifier n"),
            (
                "/api/v2/traces/1?q=a&match_depth=x", "parameters",
                "invalid value for match_depth: strconv.Atoi: parsing \"x\": invalid syntax"
            ),
            ("/api/v2/traces/1?q=a", "parameters", "filter a"),
        ]
        for item in expected {
            #expect(
                RequestOutcome.of(item.target, checks: checks)
                    == .refused(phase: item.phase, .badRequest(item.message)), "\(item.target)")
        }
        for target in [
            "/api/search/tags?q=a", "/api/search/tag/n/values?q=a", "/api/traces/1?q=a", "/api/search?tags=a",
        ] {
            guard case .accepted = RequestOutcome.of(target, checks: checks) else {
                Issue.record("\(target) reached a check of the language")
                continue
            }
        }
    }

    @Test func semanticsPreferQueryOverQ() {
        var checks = QueryTextChecks.none
        checks.semantics = { text throws(APIError) in throw .badRequest(text) }
        #expect(
            RequestOutcome.of("/api/search?q=a&query=b", checks: checks)
                == .refused(phase: "parameters", .badRequest("b")))
        #expect(
            RequestOutcome.of("/api/search?q=a&query=", checks: checks)
                == .refused(phase: "parameters", .badRequest("a")))
    }

    @Test func theClientsPairsStayBesideTheClampedOnes() throws {
        let items = try QueryItems(parsing: "q=%7B%7D&since=1h&x=1&limit=5")
        let found = try SearchParameters.parse(
            query: items, limits: SearchLimits(), now: RequestOutcome.now * 1_000_000_000)
        #expect(found.original == items)
        #expect(found.clamped.encoded == "end=1795219970&limit=5&q=%7B%7D&start=1795216370&x=1")
        #expect(found.hasQuery)
    }

    @Test func anEmptyTagNameIsRefusedAfterTheTenants() throws {
        let found = try TagValuesParameters.parse(
            version: .v1, tagName: "", query: QueryItems(), limits: SearchLimits(), now: 0)
        #expect(throws: APIError.badRequest("please provide a non-empty tagName")) {
            try found.checkAfterTenants(maxSearchDuration: SearchDurationLimit(value: .zero))
        }
    }

    @Test func theStrictestOfSeveralTenantsIsNamed() {
        let hour = Duration.seconds(3600)
        func strictest(_ overrides: [(String, Duration)], _ configured: Duration) -> SearchDurationLimit {
            SearchDurationLimit.strictest(of: overrides, configured: configured)
        }
        #expect(strictest([], hour) == SearchDurationLimit(value: hour))
        #expect(strictest([("a", .zero)], .zero) == SearchDurationLimit(value: .zero))
        #expect(strictest([("a", hour), ("b", hour)], .zero) == SearchDurationLimit(value: hour, tenant: "a"))
        #expect(strictest([("a", hour * 3), ("b", hour * 2)], hour).tenant == "b")
        #expect(strictest([("a", hour * 3), ("b", .zero)], hour) == SearchDurationLimit(value: hour))
        #expect(strictest([("a", hour), ("b", .zero)], hour) == SearchDurationLimit(value: hour))
        #expect(strictest([("a", hour)], hour * 2) == SearchDurationLimit(value: hour))
    }

    @Test func limitsAndPrefixesComeFromTheConfiguration() throws {
        #expect(SearchLimits(QueryFrontendConfiguration()) == SearchLimits())
        var configuration = FrontendConfiguration()
        configuration.httpAPIPrefix = "/tempo"
        configuration.server.httpPathPrefix = "/edge"
        configuration.queryFrontend.search.maxResultLimit = .max
        configuration.queryFrontend.search.defaultSpansPerSpanSet = -1
        configuration.queryFrontend.queryEndCutoff = .zero
        configuration.queryFrontend.maxQueryExpressionSizeBytes = 9
        let limits = SearchLimits(configuration.queryFrontend)
        #expect(limits.maxResultLimit == .max)
        #expect(limits.defaultSpansPerSpanSet == 0)
        #expect(limits.queryEndCutoff == .zero)
        #expect(limits.maxQueryExpressionBytes == 9)
        #expect(try RouteTable(configuration).route(for: "/edge/tempo/api/search") == .search)
    }
}
