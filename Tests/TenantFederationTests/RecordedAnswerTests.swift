import Foundation
import TempoAPI
import TestSupport
import Testing

@testable import TenantFederation

/// Answers of a real Tempo for three tenants, combined, equal its answer for the tenant that holds all their spans.
@Suite(.computeThreads) struct RecordedAnswerTests {
    private struct TraceCase: Decodable {
        let traceID: String
        let parts: [Data]
        let union: Data
        /// Empty where there is none, and where Tempo chose another copy of a span that was pushed twice.
        let unionV1: String
    }

    private struct SearchCase: Decodable {
        let query: String
        let parts: [Data]
        let union: String
    }

    private struct HeaderCase: Decodable {
        let parts: [Data]
    }

    private struct TagCase: Decodable {
        let kind: String
        let tag: String
        let path: String
        let parts: [Data]
        let union: String
    }

    /// A span with all that tells where it came from; batches and scopes may be cut differently.
    private struct PlacedSpan: Hashable {
        let resource: JSONValue
        let scope: JSONValue
        let span: JSONValue
    }

    private func spans(_ trace: JSONValue?) -> [PlacedSpan: Int] {
        var found: [PlacedSpan: Int] = [:]
        for batch in (trace?["resourceSpans"] ?? trace?["batches"])?.elements ?? [] {
            for scope in batch["scopeSpans"]?.elements ?? [] {
                for span in scope["spans"]?.elements ?? [] {
                    let placed = PlacedSpan(
                        resource: batch["resource"] ?? .null, scope: scope["scope"] ?? .null, span: span)
                    found[placed, default: 0] += 1
                }
            }
        }
        return found
    }

    private func origin(_ tenant: Int) -> PartOrigin { PartOrigin(tenantRank: tenant, targetRank: 0) }

    @Test func tracesOfThreeTenantsEqualTheWholeTrace() throws {
        var several = 0
        var v1 = 0
        for item in try Corpus.load("recorded-traces", in: .module, atLeast: 7, as: TraceCase.self) {
            var combiner = TraceCombiner()
            for (i, part) in item.parts.enumerated() { try combiner.fold([UInt8](part), from: origin(i)) }
            let merged = combiner.finish()
            if merged.steps.count > 1 { several += 1 }
            let union = try TraceByIDResponse.decode(protobuf: [UInt8](item.union))
            let expected = spans(try JSONValue(parsing: union.json)["trace"])

            let v2 = try JSONValue(parsing: merged.json(false))
            #expect(spans(v2["trace"]) == expected, "\(item.traceID)")
            #expect(v2["metrics"] != nil && v2["status"] == nil)
            #expect(merged.isFound == !expected.isEmpty)
            if !item.unionV1.isEmpty {
                v1 += 1
                #expect(
                    spans(try JSONValue(parsing: merged.json(true)))
                        == spans(try JSONValue(parsing: Array(item.unionV1.utf8))))
            }
            // The protobuf forms hold the same.
            let decoded = try TraceByIDResponse.decode(protobuf: merged.protobuf(false))
            #expect(try JSONValue(parsing: decoded.json) == v2)
            #expect(decoded.trace?.protobufSize == merged.protobufSize)
            #expect(try Trace.decode(protobuf: merged.protobuf(true)) == decoded.trace)
        }
        #expect(several >= 4 && v1 >= 4)
    }

    @Test func searchesOfThreeTenantsCompletedByHeadersEqualTheSearchOfAll() throws {
        // `{ trace:id = ... } | by(trace:duration)` for some traces, and `{}` for all.
        let headers = try Corpus.load("recorded-headers", in: .module, atLeast: 2, as: HeaderCase.self)
        var withTraces = 0
        for item in try Corpus.load("recorded-searches", in: .module, atLeast: 14, as: SearchCase.self) {
            var combiner = SearchCombiner(options: .init(limit: 100, spansPerSpanSet: 100))
            for (i, part) in headers.flatMap({ $0.parts.enumerated() }) {
                combiner.fold(try .decode(protobuf: [UInt8](part)), from: origin(i), role: .headers)
            }
            for (i, part) in item.parts.enumerated() {
                combiner.fold(try .decode(protobuf: [UInt8](part)), from: origin(i))
            }
            let ours = try JSONValue(parsing: combiner.finish().json)
            let union = try JSONValue(parsing: Array(item.union.utf8))
            let (left, right) = (normalised(ours), normalised(union))
            for id in Set(left.keys).union(right.keys) {
                let isEqual = left[id] == right[id]
                #expect(isEqual, "\(item.query): \(left[id]?.compact ?? "-") is not \(right[id]?.compact ?? "-")")
            }
            #expect(ours["metrics"] != nil)
            let starts = (ours["traces"]?.elements ?? []).compactMap { $0["startTimeUnixNano"]?.text }
            #expect(starts == starts.sorted(by: >))
            if !starts.isEmpty { withTraces += 1 }
        }
        #expect(withTraces >= 10)
    }

    /// Traces by id; span sets, their spans and attributes as sets; the deprecated `spanSet` is one of the span sets.
    private func normalised(_ response: JSONValue) -> [JSONValue: JSONValue] {
        var traces: [JSONValue: JSONValue] = [:]
        for trace in response["traces"]?.elements ?? [] {
            guard case .object(var members) = trace, let id = members["traceID"] else { continue }
            let sets = (members["spanSets"]?.elements ?? []).map { set in
                guard case .object(var inner) = set else { return set }
                let spans = (inner["spans"]?.elements ?? []).map { $0.sortingLists(["attributes"]) }
                inner["spans"] = .array(spans)
                return JSONValue.object(inner).sortingLists(["spans", "attributes"])
            }
            members["spanSet"] = .bool(members["spanSet"] != nil)
            members["spanSets"] = .array(sets)
            traces[id] = JSONValue.object(members).sortingLists(["spanSets"])
        }
        return traces
    }

    @Test func tagsAndValuesOfThreeTenantsEqualThoseOfAll() throws {
        for item in try Corpus.load("recorded-tags", in: .module, atLeast: 30, as: TagCase.self) {
            let emptyMeansUnknown = IntrinsicTags.emptyMeansUnknown(tag: item.tag)
            var tags = TagNamesCombiner()
            var scopes = ScopedTagsCombiner()
            var values = TagValuesCombiner(emptyMeansUnknown: emptyMeansUnknown)
            var typed = TypedTagValuesCombiner(emptyMeansUnknown: emptyMeansUnknown)
            for (i, part) in item.parts.enumerated() {
                let bytes = [UInt8](part)
                switch item.kind {
                case "tags": tags.fold(try .decode(protobuf: bytes), from: origin(i))
                case "tagsV2": scopes.fold(try .decode(protobuf: bytes), from: origin(i))
                case "values": values.fold(try .decode(protobuf: bytes), from: origin(i))
                default: typed.fold(try .decode(protobuf: bytes), from: origin(i))
                }
            }
            let json =
                switch item.kind {
                case "tags": tags.finish().response.json
                case "tagsV2": scopes.finish().response.json
                case "values": values.finish().response.json
                default: typed.finish().response.json
                }
            let union = try JSONValue(parsing: Array(item.union.utf8)).sortingLists(["scopes", "tagValues", "tagNames"])
            let ours = try JSONValue(parsing: json).sortingLists(["scopes", "tagValues", "tagNames"])
            for list in ["scopes", "tagValues", "tagNames"] { #expect(ours[list] == union[list], "\(item.path)") }
            #expect(ours["metrics"] != nil)
        }
    }
}
