import TempoAPI
import TenantFederation
import TraceQL

/// Puts the reserved attributes of where a part of a trace comes from on its resources, so that a query over the whole trace
/// can tell its spans apart.
///
/// What spans carry under these names themselves is kept under `original_` names, and never answers for the place: a tenant
/// cannot pass its spans off as another's.
struct SourceMarks: Sendable {
    private let attributes: SourceAttributes
    /// The query reads a reserved name without a scope, where an attribute of the span would come before the resource's.
    private let isUnscoped: Bool

    init(_ attributes: SourceAttributes, for query: Query) {
        self.attributes = attributes
        isUnscoped = attributes.areUsedWithoutScope(in: query)
    }

    /// The part, marked. One that cannot be read stays as it is, and is refused where it is merged.
    func mark(_ answer: TraceAnswer, of subRequest: SubRequest) -> TraceAnswer {
        switch answer {
        case .notFound: return answer
        case .trace(let bytes):
            guard var trace = try? Trace.decode(protobuf: bytes) else { return answer }
            mark(&trace, of: subRequest)
            return .trace(trace.protobuf)
        case .response(let bytes):
            guard var response = try? TraceByIDResponse.decode(protobuf: bytes), var trace = response.trace else {
                return answer
            }
            mark(&trace, of: subRequest)
            response.trace = trace
            return .response(response.protobuf)
        }
    }

    private func mark(_ trace: inout Trace, of subRequest: SubRequest) {
        let tenant = subRequest.tenant ?? TenantID.singleTenant.name
        var places: [KeyValue] = []
        for (name, value) in [(attributes.tenantName, tenant), (attributes.targetName, subRequest.upstream.name)]
        where !name.isEmpty {
            places.append(KeyValue(key: name, value: AnyValue(.string(value))))
        }
        let names = Set(places.map(\.key))
        for index in trace.resourceSpans.indices {
            var resource = trace.resourceSpans[index].resource ?? Resource()
            for place in resource.attributes.indices where names.contains(resource.attributes[place].key) {
                resource.attributes[place].key = SourceAttributes.originalPrefix + resource.attributes[place].key
            }
            resource.attributes += places
            trace.resourceSpans[index].resource = resource
            for scope in trace.resourceSpans[index].scopeSpans.indices {
                for span in trace.resourceSpans[index].scopeSpans[scope].spans.indices {
                    markSpan(&trace.resourceSpans[index].scopeSpans[scope].spans[span].attributes, names)
                }
            }
        }
    }

    private func markSpan(_ carried: inout [KeyValue], _ names: Set<String>) {
        for place in carried.indices where names.contains(carried[place].key) {
            var original = carried[place]
            original.key = SourceAttributes.originalPrefix + original.key
            // With its scope, the attribute of the span is asked for.
            if isUnscoped { carried[place] = original } else { carried.append(original) }
        }
    }
}

extension TraceAnswer {
    /// Bytes of the message; 0 for none.
    var byteCount: Int {
        switch self {
        case .response(let bytes), .trace(let bytes): bytes.count
        case .notFound: 0
        }
    }
}
