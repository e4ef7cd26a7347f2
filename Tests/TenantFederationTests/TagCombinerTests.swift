import TempoAPI
import TestSupport
import Testing

@testable import TenantFederation

@Suite(.computeThreads) struct TagCombinerTests {
    private func origin(_ tenant: Int) -> PartOrigin { PartOrigin(tenantRank: tenant, targetRank: 0) }

    @Test func namesAreUnitedSortedAndThenCut() {
        var combiner = TagNamesCombiner(limits: TagLimits(maxCount: 3))
        combiner.fold(SearchTagsResponse(tagNames: ["z", "b"]), from: origin(0))
        combiner.fold(SearchTagsResponse(tagNames: ["b", "a", "é"]), from: origin(1))
        let (response, cut) = combiner.finish()
        #expect(response.tagNames == ["a", "b", "z"])
        #expect(cut == .count(limit: 3))
        #expect(cut?.reason == "cut at limit=3")
    }

    @Test func aCompleteListIsNotCalledCut() {
        var combiner = TagNamesCombiner(limits: TagLimits(maxBytes: 4, maxCount: 3))
        combiner.fold(SearchTagsResponse(tagNames: ["a", "b"]), from: origin(0))
        combiner.fold(SearchTagsResponse(tagNames: ["c", "b"]), from: origin(1))
        let (response, cut) = combiner.finish()
        #expect(response.tagNames == ["a", "b", "c"] && cut == nil)
    }

    @Test func aPartThatReachesTheLimitMayBeCut() {
        var combiner = TagValuesCombiner(limits: TagLimits(maxCount: 2))
        combiner.fold(SearchTagValuesResponse(tagValues: ["a", "b"]), from: origin(0))
        #expect(combiner.finish().cut == .count(limit: 2))
    }

    @Test func theByteLimitNamesItself() {
        var combiner = TagValuesCombiner(limits: TagLimits(maxBytes: 4))
        combiner.fold(SearchTagValuesResponse(tagValues: ["aa", "b", "c"]), from: origin(0))
        let (response, cut) = combiner.finish()
        #expect(response.tagValues == ["aa", "b"])
        #expect(cut?.reason == "cut at 4 bytes (max_bytes_per_tag_values_query)")
    }

    @Test func spellingsOfOneLetterAreTwoNames() {
        var combiner = TagNamesCombiner()
        combiner.fold(SearchTagsResponse(tagNames: ["\u{E9}", "e\u{301}"]), from: origin(0))
        #expect(combiner.finish().response.tagNames.map { Array($0.utf8) } == [[0x65, 0xCC, 0x81], [0xC3, 0xA9]])
    }

    @Test func scopesHaveAFixedOrder() {
        var combiner = ScopedTagsCombiner()
        let names = [
            "zoo", "intrinsic", "trace", "alpha", "instrumentation", "link", "event", "resource", "span", "none",
        ]
        for (i, name) in names.enumerated() {
            combiner.fold(
                SearchTagsV2Response(scopes: [SearchTagsV2Scope(name: name, tags: name == "none" ? [] : ["t"])]),
                from: origin(i))
        }
        #expect(
            combiner.finish().response.scopes.map(\.name) == [
                "span", "resource", "event", "link", "instrumentation", "trace", "alpha", "zoo", "intrinsic",
            ])
    }

    @Test func typedValuesAreSortedByTypeThenValue() {
        var combiner = TypedTagValuesCombiner()
        combiner.fold(
            SearchTagValuesV2Response(tagValues: [
                TagValue(type: "string", value: "1"), TagValue(type: "int", value: "9"),
                TagValue(type: "int", value: "10"),
            ]), from: origin(1))
        combiner.fold(
            SearchTagValuesV2Response(tagValues: [TagValue(type: "int", value: "10")]), from: origin(0))
        #expect(
            combiner.finish().response.tagValues.map { "\($0.type) \($0.value)" } == ["int 10", "int 9", "string 1"])
    }

    @Test func anEmptyValueGivesWayOnlyWhenAnotherTenantKnows() {
        func values(_ parts: [[String]], unknown: Bool = true) -> [String] {
            var combiner = TagValuesCombiner(emptyMeansUnknown: unknown)
            for (i, part) in parts.enumerated() {
                combiner.fold(SearchTagValuesResponse(tagValues: part), from: origin(i))
            }
            return combiner.finish().response.tagValues
        }
        #expect(values([[""], ["web"]]) == ["web"])
        #expect(values([["", "web"]]) == ["", "web"])
        #expect(values([["", "web"], []]) == ["", "web"])
        #expect(values([["", "web"], ["api"]]) == ["api", "web"])
        #expect(values([[""], [""]]) == [""])
        #expect(values([[""], ["web"]], unknown: false) == ["", "web"])
        #expect(IntrinsicTags.emptyMeansUnknown(tag: "rootServiceName"))
        #expect(!IntrinsicTags.emptyMeansUnknown(tag: "span.foo"))
        #expect(IntrinsicTags.names.count == 25 && IntrinsicTags.names.reduce(0) { $0 + $1.utf8.count } == 300)
    }
}
