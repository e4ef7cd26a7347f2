import TempoAPI
import TenantFederation
import TestSupport
import Testing
import TraceQL

@testable import QueryFrontend

/// Reserved attributes on the parts of whole traces: what a tenant writes itself never answers for the place.
struct SourceMarksTests {
    private static func attributes(_ query: String) throws -> (span: [String], resource: [String]) {
        let name = "__tenant_id__"
        let harness = try ServiceHarness { _ in .text(404, "") }
        let upstream = try #require(harness.service.targets.first).upstream
        let subRequest = SubRequest(
            upstream: upstream, tenant: "real", origin: PartOrigin(tenantRank: 0, targetRank: 0))
        let own = [
            KeyValue(key: name, value: AnyValue(.string("claimed"))), KeyValue(key: "x", value: AnyValue(.int(1))),
        ]
        let span = TraceSpan(spanID: [1, 2, 3, 4, 5, 6, 7, 8], name: "s", attributes: own)
        let trace = Trace(resourceSpans: [
            ResourceSpans(resource: Resource(attributes: own), scopeSpans: [ScopeSpans(spans: [span])])
        ])
        let marks = SourceMarks(SourceAttributes(targetName: ""), for: try Query.parse(query))
        func texts(_ attributes: [KeyValue]) -> [String] {
            attributes.map { attribute in
                if case .string(let text)? = attribute.value?.value { return "\(attribute.key)=\(text)" }
                return attribute.key
            }
        }
        guard
            case .trace(let bytes) = marks.mark(.trace(trace.protobuf), of: subRequest),
            case .response(let wrapped) = marks.mark(
                .response(TraceByIDResponse(trace: trace).protobuf), of: subRequest)
        else { return ([], []) }
        let marked = try Trace.decode(protobuf: bytes)
        #expect(try TraceByIDResponse.decode(protobuf: wrapped).trace == marked)
        let batch = try #require(marked.resourceSpans.first)
        return (
            texts(try #require(batch.scopeSpans.first?.spans.first).attributes),
            texts(try #require(batch.resource).attributes)
        )
    }

    @Test func `an attribute of a span does not stand before the place`() throws {
        let resource = ["original___tenant_id__=claimed", "x", "__tenant_id__=real"]
        let unscoped = try Self.attributes("{ .__tenant_id__ = \"a\" } >> { .x = 1 }")
        #expect(unscoped.span == ["original___tenant_id__=claimed", "x"])
        #expect(unscoped.resource == resource)
        // With its scope the span's own is asked for.
        let scoped = try Self.attributes("{ resource.__tenant_id__ = \"a\" } >> { span.__tenant_id__ = \"b\" }")
        #expect(scoped.span == ["__tenant_id__=claimed", "x", "original___tenant_id__=claimed"])
        #expect(scoped.resource == resource)
    }
}
