import Foundation
import TestSupport
import TraceQL
import TraceQLTestSupport

/// A recorded search over one trace.
struct RecordedSearch: Decodable {
    var name: String
    var q: String
    var error: String?
    var flags: [String]
    var storage: String
    var spansets: [JSONValue]
    var trace: JSONValue

    static func all() throws -> [RecordedSearch] {
        try Corpus.load("traceql-eval-cases", in: .module, atLeast: 937)
    }

    static let base: UInt64 = 1_700_000_000_000_000_000

    var model: TraceModel {
        TraceModel(
            id: Self.bytes(trace["traceId"]?.text ?? "", 16),
            spans: (trace["spans"]?.elements ?? []).map { Self.span($0) })
    }

    /// What the recording says, to compare with the results of `ReferenceEvaluator`.
    var expected: Set<String> { Set(spansets.map { Self.text($0) }) }

    private static func text(_ spanset: JSONValue) -> String {
        let spans = (spanset["spans"]?.elements ?? []).compactMap(\.text).sorted()
        let attributes = (spanset["attributes"]?.members ?? [:]).map { key, value in
            "\(key)=\(value.members.values.map { text(of: $0) }.joined())"
        }.sorted()
        return "\(spans) \(attributes)"
    }

    private static func text(of value: JSONValue) -> String {
        switch value {
        case .string(let text): text
        case .number(let number): NumberForm.text(number)
        case .bool(let flag): "\(flag)"
        case .array(let values): "[\(values.map { text(of: $0.members.values.first ?? $0) }.joined(separator: ", "))]"
        default: "?"
        }
    }

    /// The same text for what was evaluated.
    static func text(_ spanset: ReferenceEvaluator.Spanset, _ spans: [SpanModel]) -> String {
        let ids = spanset.spans.map { index in
            let id = String(spans[index].hexID.drop { $0 == "0" })
            return id
        }.sorted()
        let attributes = spanset.attributes.map { key, value in "\(key)=\(text(of: value))" }.sorted()
        return "\(ids) \(attributes)"
    }

    static func text(of value: Static) -> String {
        switch value {
        case .null: "nil"
        case .int(let number): NumberForm.text(Double(number))
        case .float(let number): NumberForm.text(number)
        case .string(let bytes): String(decoding: bytes, as: UTF8.self)
        case .boolean(let flag): "\(flag)"
        case .intArray, .floatArray, .stringArray, .booleanArray:
            "[\(value.elements.map { text(of: $0) }.joined(separator: ", "))]"
        default: value.text(.tempo)
        }
    }

    private enum NumberForm {
        static func text(_ number: Double) -> String { "\(number)" }
    }

    // MARK: - Reading traces

    static func bytes(_ hex: String, _ count: Int) -> [UInt8] {
        let padded = String(repeating: "0", count: max(0, 2 * count - hex.utf8.count)) + hex
        let digits = Array(padded.utf8).map { byte -> UInt8 in
            byte <= UInt8(ascii: "9") ? byte &- UInt8(ascii: "0") : (byte | 0x20) &- UInt8(ascii: "a") &+ 10
        }
        return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    private static func span(_ json: JSONValue) -> SpanModel {
        var span = SpanModel()
        span.id = bytes(json["id"]?.text ?? "", 8)
        if let parent = json["parent"]?.text, !parent.isEmpty { span.parentID = bytes(parent, 8) }
        span.name = json["name"]?.text ?? ""
        let kinds = ["unspecified", "internal", "server", "client", "producer", "consumer"]
        span.kind = kinds.firstIndex(of: json["kind"]?.text ?? "") ?? 0
        span.status = ["unset", "ok", "error"].firstIndex(of: json["status"]?.text ?? "") ?? 0
        span.statusMessage = json["statusMessage"]?.text ?? ""
        span.startUnixNano = base &+ UInt64(bitPattern: json["start"]?.integer ?? 0)
        span.durationNanos = UInt64(bitPattern: json["duration"]?.integer ?? 0)
        span.attributes = attributes(json["attrs"])
        if let service = json["service"]?.text, !service.isEmpty {
            span.resource.append(AttributeModel("service.name", .string(service)))
        }
        span.resource += attributes(json["resource"])
        if let scope = json["scope"], case .object = scope {
            var model = ScopeModel()
            model.name = scope["name"]?.text ?? ""
            model.version = scope["version"]?.text ?? ""
            model.attributes = attributes(scope["attrs"])
            span.scope = model
        }
        span.events = (json["events"]?.elements ?? []).map { event in
            var model = EventModel()
            model.name = event["name"]?.text ?? ""
            model.timeUnixNano = span.startUnixNano &+ UInt64(bitPattern: event["at"]?.integer ?? 0)
            model.attributes = attributes(event["attrs"])
            return model
        }
        span.links = (json["links"]?.elements ?? []).map { link in
            var model = LinkModel()
            model.traceID = bytes(link["traceId"]?.text ?? "", 16)
            model.spanID = bytes(link["spanId"]?.text ?? "", 8)
            model.attributes = attributes(link["attrs"])
            return model
        }
        return span
    }

    private static func attributes(_ json: JSONValue?) -> [AttributeModel] {
        (json?.members ?? [:]).sorted { $0.key < $1.key }.map { AttributeModel($0.key, value($0.value)) }
    }

    private static func value(_ json: JSONValue) -> ValueModel {
        switch json {
        case .string(let text): return .string(text)
        case .bool(let flag): return .bool(flag)
        case .number(let number): return .int(Int64(number))
        case .array(let values): return .array(values.map { value($0) })
        case .null: return .empty
        case .object(let members):
            if let number = members["double"] {
                switch number {
                case .string("NaN"): return .double(.nan)
                case .string(let text): return .double(text.hasPrefix("-") ? -.infinity : .infinity)
                case .number(let number): return .double(number)
                default: return .empty
                }
            }
            if members["bytes"] != nil { return .bytes([1]) }
            return .keyValues([])
        }
    }
}
