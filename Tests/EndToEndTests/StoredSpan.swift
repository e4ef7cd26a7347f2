import Foundation
import TestSupport

/// A span as these tests send it, in either encoding of OTLP.
struct StoredSpan {
    /// 32 and 16 hexadecimal digits; no parent when empty.
    var traceID: String
    var spanID: String
    var parentID = ""
    var service: String
    var name: String
    /// Unix nanoseconds.
    var start: UInt64
    var end: UInt64
    var isError = false
    var texts: [String: String] = [:]

    /// Two minutes ago: inside the window of a search without times, which ends half a minute before now.
    static func recently(_ offset: UInt64 = 0) -> UInt64 {
        (UInt64(Date().timeIntervalSince1970) - 120) * 1_000_000_000 + offset
    }

    static func json(_ spans: [StoredSpan]) throws -> [UInt8] {
        let text = { (key: String, value: String) -> JSONValue in
            .object(["key": .string(key), "value": .object(["stringValue": .string(value)])])
        }
        let resources = spans.map { span -> JSONValue in
            var members: [String: JSONValue] = [
                "traceId": .string(span.traceID), "spanId": .string(span.spanID), "name": .string(span.name),
                "kind": .number(2), "startTimeUnixNano": .string("\(span.start)"),
                "endTimeUnixNano": .string("\(span.end)"),
                "attributes": .array(span.texts.sorted { $0.key < $1.key }.map { text($0.key, $0.value) }),
            ]
            if !span.parentID.isEmpty { members["parentSpanId"] = .string(span.parentID) }
            if span.isError { members["status"] = .object(["code": .number(2), "message": .string("it broke")]) }
            return .object([
                "resource": .object(["attributes": .array([text("service.name", span.service)])]),
                "scopeSpans": .array([
                    .object([
                        "scope": .object(["name": .string("test")]), "spans": .array([.object(members)]),
                    ])
                ]),
            ])
        }
        return try JSONValue.object(["resourceSpans": .array(resources)]).bytes()
    }

    static func protobuf(_ spans: [StoredSpan]) -> [UInt8] {
        typealias Field = ProtobufField
        let text = { (key: String, value: String) -> [UInt8] in
            Field.encode(1, Array(key.utf8)) + Field.encode(2, Field.encode(1, Array(value.utf8)))
        }
        return spans.flatMap { span -> [UInt8] in
            var bytes = Field.encode(1, hex(span.traceID)) + Field.encode(2, hex(span.spanID))
            if !span.parentID.isEmpty { bytes += Field.encode(4, hex(span.parentID)) }
            bytes += Field.encode(5, Array(span.name.utf8)) + Field.encode(6, varint: 2)
            bytes += Field.encode(7, fixed64: span.start) + Field.encode(8, fixed64: span.end)
            for (key, value) in span.texts.sorted(by: { $0.key < $1.key }) {
                bytes += Field.encode(9, text(key, value))
            }
            if span.isError {
                bytes += Field.encode(15, Field.encode(2, Array("it broke".utf8)) + Field.encode(3, varint: 2))
            }
            let scope = Field.encode(1, Field.encode(1, Array("test".utf8))) + Field.encode(2, bytes)
            let resource = Field.encode(1, Field.encode(1, text("service.name", span.service)))
            return Field.encode(1, resource + Field.encode(2, scope))
        }
    }

    private static func hex(_ text: String) -> [UInt8] {
        let digits = Array(text.utf8)
        return stride(from: 0, to: digits.count - 1, by: 2).compactMap {
            UInt8(String(decoding: digits[$0..<($0 + 2)], as: UTF8.self), radix: 16)
        }
    }
}
