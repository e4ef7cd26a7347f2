import TempoAPI
import TestSupport
import TraceQL

@testable import QueryFrontend

/// The search by tags of one tenant, as a Tempo does it: every tag on some span or its resource, the values compared as texts.
struct MemoryTagSearch {
    private let tags: [LogfmtPair]
    private let least: UInt64
    private let most: UInt64

    init(_ request: ScriptedRequest) throws {
        tags = try LogfmtPair.parse(Array((request.parameter("tags") ?? "").utf8))
        func milliseconds(_ name: String) throws -> UInt64 {
            try request.parameter(name).map { UInt64(try GoDurationText.parse(Array($0.utf8))) } ?? 0
        }
        least = try milliseconds("minDuration")
        most = try milliseconds("maxDuration")
    }

    func matches(_ trace: Trace, header: TraceSearchMetadata) -> Bool {
        let spans = trace.resourceSpans.flatMap { batch in
            batch.scopeSpans.flatMap(\.spans).map { (resource: batch.resource?.attributes ?? [], span: $0) }
        }
        let start = spans.map(\.span.startTimeUnixNano).min() ?? 0
        let duration = (spans.map(\.span.endTimeUnixNano).max() ?? 0) &- start
        guard duration >= least, most == 0 || duration <= most else { return false }
        return tags.allSatisfy { tag in
            switch tag.key {
            case "root.name": return header.rootTraceName == tag.value
            case "root.service.name": return header.rootServiceName == tag.value
            default: break
            }
            return spans.contains { resource, span in
                let carried = (resource + span.attributes).contains {
                    $0.key == tag.key && $0.value.map { Self.prints($0, tag.value) } ?? false
                }
                let status: SpanStatusCode = span.status?.code ?? .unset
                switch tag.key {
                case "name": return carried || span.name == tag.value
                case "error": return carried || tag.value == "true" && status == .error
                case "status.code":
                    return carried || (["unset", "ok", "error"].firstIndex(of: tag.value) == Int(status.rawValue))
                default: return carried
                }
            }
        }
    }

    private static func prints(_ value: AnyValue, _ text: String) -> Bool {
        switch value.value {
        case .string(let string): return string == text
        case .int(let number): return Int64(text) == number
        case .double(let number): return Double(text) == number
        case .bool(let flag): return text == (flag ? "true" : "false")
        // A list of one type has each of its elements.
        case .array(let list):
            let kinds = Set(
                list.values.map { "\($0.value.map { Mirror(reflecting: $0).children.first?.label ?? "" } ?? "")" })
            return kinds.count == 1 && list.values.contains { prints($0, text) }
        default: return false
        }
    }
}
