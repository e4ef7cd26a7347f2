import TempoAPI
import TenantFederation
import Testing
import TraceQL
import TraceStore

@testable import QueryFrontend

struct StoreQuestionsTests {
    private func search(_ conditions: [(String, String)], start: UInt32 = 0, end: UInt32 = 0) throws
        -> StoreSearchRequest
    {
        try StoreSearchRequest(
            SearchQuery(
                conditions: conditions.map { QueryParameter($0.0, $0.1) }, limit: 7, spansPerSpanSet: 2, start: start,
                end: end), limits: .default)
    }

    @Test func `a TraceQL search keeps its query, window and bounds`() throws {
        let request = try search(
            [("q", "{ .a = 1 }"), ("skip_ast_transformations", "or_to_in, all,")], start: 10, end: 20)
        guard case .query(let query) = request.conditions else { throw Unexpected() }
        #expect(query.description == "{ .a = 1 }")
        #expect(request.window == StoreTimeWindow(start: 10_000_000_000, end: 20_000_000_000))
        #expect(request.limit == 7)
        #expect(request.spansPerSpanSet == 2)
        #expect(request.skippedRewrites == ["or_to_in", "all"])
    }

    @Test func `a search by tags has its pairs and durations`() throws {
        let pairs = try search([("tags", #"a=b c="d e""#), ("minDuration", "1500ms"), ("maxDuration", "2s")])
        guard case .tags(let tags) = pairs.conditions else { throw Unexpected() }
        #expect(tags == StoreTagConditions(tags: ["a": "b", "c": "d e"], minDurationMs: 1500, maxDurationMs: 2000))
        #expect(pairs.window == .always)
        guard case .tags(let single) = try search([("a", "b"), ("c", "d")]).conditions else { throw Unexpected() }
        #expect(single.tags == ["a": "b", "c": "d"])
    }

    @Test func `a lookup has the bytes of its id and its times in nanoseconds`() {
        let lookup = TraceLookup(
            traceID: "000102030405060708090a0b0c0d0eff",
            parameters: [QueryParameter("start", "5"), QueryParameter("end", "99999999999999999999")])
        #expect(lookup.idBytes == Array(0...14) + [255])
        #expect(lookup.nanoseconds("start") == 5_000_000_000)
        #expect(lookup.nanoseconds("end") == nil)
        #expect(TraceLookup(traceID: "12").idBytes == [])
        #expect(
            TraceLookup(traceID: "1", parameters: [QueryParameter("end", "18446744073709551615")]).nanoseconds("end")
                == .max)
    }

    @Test func `the first version of the API is made of the second`() {
        let names = SearchTagsV2Response(scopes: [
            SearchTagsV2Scope(name: "span", tags: ["b", "a"]), SearchTagsV2Scope(name: "resource", tags: ["a", "c"]),
            SearchTagsV2Scope(name: "intrinsic", tags: ["duration"]),
        ])
        #expect(SearchTagsResponse(names, scope: .none).tagNames == ["a", "b", "c"])
        #expect(SearchTagsResponse(names, scope: .intrinsic).tagNames == ["a", "b", "c", "duration"])
        let values = SearchTagValuesV2Response(tagValues: [
            TagValue(type: "string", value: "2"), TagValue(type: "int", value: "2"),
            TagValue(type: "string", value: "1"),
        ])
        #expect(SearchTagValuesResponse(values).tagValues == ["1", "2"])
    }

    private struct Unexpected: Error {}
}
