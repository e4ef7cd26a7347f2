/// The JSON of single parts of a trace, straight from their protobuf bytes: what a merger needs that emits a trace as a sequence of byte
/// ranges.
///
/// Each function appends one JSON value, without commas around it, and reads nothing outside of the bytes it is given. A failure
/// leaves a part of the value in the output; bytes that ``TraceProtobuf/check(_:limits:)`` has accepted do not fail.
public enum TraceJSONFragments {
    /// Appends a `Resource` as an object.
    /// - Throws: ``WireError`` for malformed bytes.
    public static func appendResource(
        _ bytes: UnsafeRawBufferPointer, to output: inout [UInt8], limits: WireLimits = .default
    ) throws(WireError) {
        try append(bytes, depth: 2, limits, &output) { emitter throws(WireError) in
            try emitter.resource(0..<bytes.count)
        }
    }

    /// Appends an `InstrumentationScope` as an object.
    /// - Throws: ``WireError`` for malformed bytes.
    public static func appendScope(
        _ bytes: UnsafeRawBufferPointer, to output: inout [UInt8], limits: WireLimits = .default
    ) throws(WireError) {
        try append(bytes, depth: 3, limits, &output) { emitter throws(WireError) in try emitter.scope(0..<bytes.count) }
    }

    /// Appends a span as an object.
    /// - Throws: ``WireError`` for malformed bytes.
    public static func appendSpan(
        _ bytes: UnsafeRawBufferPointer, to output: inout [UInt8], limits: WireLimits = .default
    ) throws(WireError) {
        try append(bytes, depth: 3, limits, &output) { emitter throws(WireError) in try emitter.span(0..<bytes.count) }
    }

    /// Appends UTF-8, such as a schema URL, as a string.
    public static func appendString(_ bytes: UnsafeRawBufferPointer, to output: inout [UInt8]) {
        var writer = JSONWriter()
        swap(&writer.output, &output)
        writer.string(bytes)
        swap(&writer.output, &output)
    }

    private static func append(
        _ bytes: UnsafeRawBufferPointer, depth: Int, _ limits: WireLimits, _ output: inout [UInt8],
        _ body: (inout TraceJSONEmitter) throws(WireError) -> Void
    ) throws(WireError) {
        var emitter = TraceJSONEmitter(bytes: bytes, maxDepth: limits.maxDepth, depth: depth, writer: JSONWriter())
        swap(&emitter.writer.output, &output)
        defer { swap(&emitter.writer.output, &output) }
        try body(&emitter)
    }
}

extension TraceByIDResponse {
    /// What comes before and after the JSON of the trace in the JSON of this response; its own ``trace`` is not looked at.
    ///
    /// `{"trace":` and `,"metrics":{...},"status":"PARTIAL","message":"..."}`.
    public var jsonEnvelope: (prefix: [UInt8], suffix: [UInt8]) {
        var rest = self
        rest.trace = nil
        var suffix = rest.json
        // `{...}` becomes `,...}`, and `{}` becomes `}`.
        if suffix.count > 2 { suffix[0] = 0x2c } else { suffix.removeFirst() }
        return (Array("{\"trace\":".utf8), suffix)
    }
}
