import Foundation
import TestSupport
import TraceQL

/// A trace with a query, and what Tempo found.
struct EvaluationCase: Decodable {
    struct Trace: Decodable {
        var traceId: String
        var spans: [Span]
    }

    struct Span: Decodable {
        struct Scope: Decodable {
            var name: String
            var version: String
            var attrs: [String: CaseValue]
        }

        struct Event: Decodable {
            var name: String
            var at: UInt64
            var attrs: [String: CaseValue]
        }

        struct Link: Decodable {
            var traceId: String
            var spanId: String
            var attrs: [String: CaseValue]
        }

        var id: String
        var parent: String
        var name: String
        var service: String
        var kind: String
        var status: String
        var statusMessage: String?
        var start: UInt64
        var duration: UInt64
        var attrs: [String: CaseValue]
        var resource: [String: CaseValue]
        var scope: Scope?
        var events: [Event]
        var links: [Link]
    }

    struct Spanset: Decodable {
        var spans: [String]
        var matched: Int
        var attributes: [String: CaseValue]
        var spanList: [ListedSpan]
    }

    struct ListedSpan: Decodable {
        var id: String
        var name: String
        var start: UInt64
        var duration: UInt64
        var attributes: [ListedAttribute]
    }

    struct ListedAttribute: Decodable {
        var key: String
        var value: CaseValue
    }

    struct Meta: Decodable {
        struct Stats: Decodable, Equatable {
            var errorCount: Int
            var spanCount: Int
        }

        var rootServiceName: String
        var rootTraceName: String
        var start: UInt64
        var durationMs: UInt64
        var serviceStats: [String: Stats]
    }

    /// The ids of the spans that a trace filter keeps, or why it refuses.
    enum TraceFilter: Decodable {
        case spans([String])
        case failure(String)

        init(from decoder: any Decoder) throws {
            if let spans = try? [String](from: decoder) {
                self = .spans(spans)
            } else {
                self = .failure(try [String: String](from: decoder)["error"] ?? "")
            }
        }
    }

    var name: String
    var trace: Trace
    var q: String
    var error: String?
    var spansets: [Spanset]
    var meta: Meta?
    var traceFilter: TraceFilter?
    var flags: [String]
    var storage: String

    static func all() throws -> [EvaluationCase] {
        try Corpus.load("traceql-eval-cases", in: .module, atLeast: 937)
    }
}

/// A value as traces and results of the fixture write it.
indirect enum CaseValue: Decodable, Hashable {
    case string(String)
    case bool(Bool)
    case int(Int64)
    case double(Double)
    case array([CaseValue])
    case unusable

    private struct Tagged: Decodable {
        var int: Int64?
        var double: DoubleText?
        var string: String?
        var bool: Bool?
        var array: [CaseValue]?
    }

    private struct DoubleText: Decodable {
        var value: Double

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let text = try? container.decode(String.self) {
                value = text == "NaN" ? .nan : text == "-Inf" ? -.infinity : .infinity
            } else {
                value = try container.decode(Double.self)
            }
        }
    }

    init(from decoder: any Decoder) throws {
        if let array = try? [CaseValue](from: decoder) {
            self = .array(array)
            return
        }
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .int(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else {
            let tagged = try Tagged(from: decoder)
            if let value = tagged.int {
                self = .int(value)
            } else if let value = tagged.double {
                self = .double(value.value)
            } else if let value = tagged.string {
                self = .string(value)
            } else if let value = tagged.bool {
                self = .bool(value)
            } else if let value = tagged.array {
                self = .array(value)
            } else {
                self = .unusable
            }
        }
    }

    /// The value of a search answer.
    init(_ value: Static) {
        func text(_ bytes: [UInt8]) -> CaseValue { .string(String(decoding: bytes, as: UTF8.self)) }
        switch value {
        case .null: self = .string("nil")
        case .int(let value): self = .int(value)
        case .float(let value): self = .double(value)
        case .string(let bytes): self = text(bytes)
        case .boolean(let value): self = .bool(value)
        case .duration, .status, .kind: self = text(Array(value.text(.tempo).utf8))
        case .intArray(let values): self = .array(values.map { .int($0) })
        case .floatArray(let values): self = .array(values.map { .double($0) })
        case .stringArray(let values): self = .array(values.map(text))
        case .booleanArray(let values): self = .array(values.map { .bool($0) })
        }
    }

    /// For sorting and comparing.
    var text: String {
        switch self {
        case .string(let value): "\"\(value)\""
        case .bool(let value): "\(value)"
        case .int(let value): "\(value)"
        case .double(let value): value.isNaN ? "nan" : "double \(Float(value))"
        case .array(let values): "[\(values.map(\.text).joined(separator: ","))]"
        case .unusable: "unusable"
        }
    }
}
