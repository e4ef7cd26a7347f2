import Foundation
import TempoAPI
import TestSupport
import Testing

/// Answers of a real Tempo, asked for as protobuf and as JSON.
@Suite(.computeThreads) struct RecordedAnswersTests {
    struct Answer: Decodable {
        let tenant: String
        let path: String
        let message: String
        let protobuf: Data
        let json: String
        /// Some traces were recorded as JSON with all times off by this much from the recording as protobuf.
        let shiftNanos: Int64?
    }

    struct MetricsAnswer: Decodable {
        let path: String
        let message: String
        let json: String
    }

    @Test func protobufAnswersConvertToTheirJSON() throws {
        for answer in try Corpus.load("recorded-answers", in: .module, atLeast: 300, as: Answer.self) {
            let type = try #require(AnyMessage.type(answer.message))
            let message = shifted(try type.decode(protobuf: [UInt8](answer.protobuf)), by: answer.shiftNanos ?? 0)
            let json = (message as? Trace)?.batchesJSON ?? message.json
            let ours = try canonical(json, "ours: \(answer.path)")
            let theirs = try canonical(Array(answer.json.utf8), "theirs: \(answer.path)")
            #expect(ours == theirs, "\(answer.tenant) \(answer.path)")
        }
    }

    @Test func protobufAnswersEncodeToTheSameBytes() throws {
        for answer in try Corpus.load("recorded-answers", in: .module, atLeast: 300, as: Answer.self) {
            let type = try #require(AnyMessage.type(answer.message))
            let message = try type.decode(protobuf: [UInt8](answer.protobuf))
            let bytes = message.protobuf
            #expect(bytes.count == answer.protobuf.count && message.protobufSize == bytes.count, "\(answer.path)")
            // Go writes maps in random order, so answers that hold one have equal length only.
            if ["trace", "traceByID"].contains(answer.message), !answer.json.contains("additionalMetrics") {
                #expect(bytes == [UInt8](answer.protobuf), "\(answer.path)")
            }
        }
    }

    @Test func jsonAnswersReadAndWriteToTheSameBytes() throws {
        for answer in try Corpus.load("recorded-answers", in: .module, atLeast: 300, as: Answer.self) {
            let type = try #require(AnyMessage.type(answer.message))
            let message = try type.decode(json: Array(answer.json.utf8))
            let json = (message as? Trace)?.batchesJSON ?? message.json
            #expect(String(decoding: json, as: UTF8.self) == answer.json, "\(answer.path)")
        }
    }

    @Test func metricsAnswersReadAndWriteToTheSameBytes() throws {
        for answer in try Corpus.load("recorded-metrics", in: .module, atLeast: 20, as: MetricsAnswer.self) {
            let type = try #require(AnyMessage.type(answer.message))
            let json = try type.decode(json: Array(answer.json.utf8)).json
            // An empty list of exemplars is sometimes written and sometimes left out.
            let expected = answer.json.replacingOccurrences(of: ",\"exemplars\":[]", with: "")
            #expect(String(decoding: json, as: UTF8.self) == expected, "\(answer.path)")
        }
    }

    private func shifted(_ message: any WireMessage, by nanos: Int64) -> any WireMessage {
        guard nanos != 0 else { return message }
        if var response = message as? TraceByIDResponse {
            response.trace = response.trace.flatMap { shifted($0, by: nanos) as? Trace }
            return response
        }
        guard var trace = message as? Trace else { return message }
        func shift(_ time: inout UInt64) { time = UInt64(bitPattern: Int64(bitPattern: time) &+ nanos) }
        for batch in trace.resourceSpans.indices {
            for scope in trace.resourceSpans[batch].scopeSpans.indices {
                for span in trace.resourceSpans[batch].scopeSpans[scope].spans.indices {
                    shift(&trace.resourceSpans[batch].scopeSpans[scope].spans[span].startTimeUnixNano)
                    shift(&trace.resourceSpans[batch].scopeSpans[scope].spans[span].endTimeUnixNano)
                    for event in trace.resourceSpans[batch].scopeSpans[scope].spans[span].events.indices {
                        shift(&trace.resourceSpans[batch].scopeSpans[scope].spans[span].events[event].timeUnixNano)
                    }
                }
            }
        }
        return trace
    }

    /// The value as text, lists as sets, `metrics` by presence.
    private func canonical(_ json: [UInt8], _ label: String) throws -> String {
        func text(_ value: Any) -> String {
            switch value {
            case let object as [String: Any]:
                let members = object.keys.sorted().map { key in
                    key == "metrics" ? "metrics" : "\(key):\(text(object[key] ?? ""))"
                }
                return "{" + members.joined(separator: ",") + "}"
            case let list as [Any]: return "[" + list.map(text).sorted().joined(separator: ",") + "]"
            case let string as String: return "\"\(string)\""
            default: return "\(value)"
            }
        }
        guard let value = try? JSONSerialization.jsonObject(with: Data(json)) else {
            Issue.record("not JSON, \(label)")
            return ""
        }
        return text(value)
    }
}

extension Trace {
    /// The JSON as `/api/traces` writes it, where the list has another name.
    fileprivate var batchesJSON: [UInt8] {
        let name = Array(#"{"resourceSpans":"#.utf8)
        return json.starts(with: name) ? Array(#"{"batches":"#.utf8) + json.dropFirst(name.count) : json
    }
}
