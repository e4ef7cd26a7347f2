import TempoAPI
import TestSupport

/// Answers of searches in a form in which equal ones are equal.
enum ComparableSearch {
    /// Traces by id, lists whose order means nothing sorted.
    static func traces(_ body: [UInt8]) throws -> [String: JSONValue] {
        let traces = try SearchResponse.decode(json: body).traces.map { trace -> (String, JSONValue) in
            var trace = trace
            for i in trace.spanSets.indices {
                trace.spanSets[i].spans.sort { ($0.startTimeUnixNano, $0.spanID) < ($1.startTimeUnixNano, $1.spanID) }
                for j in trace.spanSets[i].spans.indices {
                    trace.spanSets[i].spans[j].attributes.sort { "\($0)" < "\($1)" }
                }
            }
            trace.spanSets.sort { "\($0.attributes) \($0.spans)" < "\($1.attributes) \($1.spans)" }
            trace.spanSet = nil
            return (trace.traceID, try JSONValue(parsing: trace.json))
        }
        return Dictionary(traces, uniquingKeysWith: { first, _ in first })
    }

    /// Where two values differ first.
    static func difference(_ a: JSONValue, _ b: JSONValue, _ path: String = "") -> String {
        switch (a, b) {
        case (.object(let left), .object(let right)):
            for key in Set(left.keys).union(right.keys).sorted() where left[key] != right[key] {
                return difference(left[key] ?? .null, right[key] ?? .null, path + "." + key)
            }
            return ""
        case (.array(let left), .array(let right)) where left.count == right.count:
            for (index, pair) in zip(left, right).enumerated() where pair.0 != pair.1 {
                return difference(pair.0, pair.1, path + "[\(index)]")
            }
            return ""
        default: return "\(path): \(a) and not \(b)"
        }
    }
}
