import TempoAPI

/// The JSON of a trace that was recorded as protobuf only.
enum JSONTrace {
    /// nil when the path is no trace lookup.
    static func convert(_ protobuf: [UInt8], path: String) throws -> [UInt8]? {
        if path.hasPrefix("/api/v2/traces/") { return try TraceByIDResponse.decode(protobuf: protobuf).json }
        guard path.hasPrefix("/api/traces/") else { return nil }
        // v1 writes the first key under another name.
        let json = String(decoding: try Trace.decode(protobuf: protobuf).json, as: UTF8.self)
        return Array(json.replacing("\"resourceSpans\":", with: "\"batches\":", maxReplacements: 1).utf8)
    }
}
