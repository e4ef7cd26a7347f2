/// The answer to an OTLP trace export (`opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse`).
public struct ExportTraceServiceResponse: WireMessage {
    /// What was not taken; nil when all was.
    public var partialSuccess: ExportTracePartialSuccess?

    /// Makes a message; what is not given is empty.
    public init(partialSuccess: ExportTracePartialSuccess?) {
        self.partialSuccess = partialSuccess
    }

    /// The empty message.
    public init() { partialSuccess = nil }

    /// As error texts name it.
    public static let wireName = "collector.trace.v1.ExportTraceServiceResponse"

    /// Numbers and JSON names.
    public static let fieldNames = [WireFieldName(1, "partialSuccess", "partial_success")]

    /// Hands the fields to a sink.
    public func describe<Sink: FieldSink>(to sink: inout Sink) {
        sink.message(1, "partialSuccess", partialSuccess)
    }

    /// Takes a field from a source.
    public mutating func readField<Source: FieldSource>(
        _ number: Int, from source: inout Source
    ) throws(WireError) -> Bool {
        guard number == 1 else { return false }
        try source.message(&partialSuccess)
        return true
    }
}

/// How many spans of an export were not taken, and why.
public struct ExportTracePartialSuccess: WireMessage {
    /// The number of spans.
    public var rejectedSpans: Int64
    /// Why, for people.
    public var errorMessage: String

    /// Makes a message; what is not given is empty.
    public init(rejectedSpans: Int64 = 0, errorMessage: String = "") {
        self.rejectedSpans = rejectedSpans
        self.errorMessage = errorMessage
    }

    /// The empty message.
    public init() { self.init(rejectedSpans: 0) }

    /// As error texts name it.
    public static let wireName = "collector.trace.v1.ExportTracePartialSuccess"

    /// Numbers and JSON names.
    public static let fieldNames = [
        WireFieldName(1, "rejectedSpans", "rejected_spans"), WireFieldName(2, "errorMessage", "error_message"),
    ]

    /// Hands the fields to a sink.
    public func describe<Sink: FieldSink>(to sink: inout Sink) {
        sink.int64(1, "rejectedSpans", rejectedSpans)
        sink.string(2, "errorMessage", errorMessage)
    }

    /// Takes a field from a source.
    public mutating func readField<Source: FieldSource>(
        _ number: Int, from source: inout Source
    ) throws(WireError) -> Bool {
        switch number {
        case 1: try source.int64(&rejectedSpans)
        case 2: try source.string(&errorMessage)
        default: return false
        }
        return true
    }
}

/// `google.rpc.Status`, the body of an error in OTLP over HTTP. `details` are neither written nor read.
public struct RPCStatus: WireMessage {
    /// A code of gRPC, such as 3 for an invalid argument.
    public var code: Int32
    /// For people.
    public var message: String

    /// Makes a message; what is not given is empty.
    public init(code: Int32 = 0, message: String = "") {
        self.code = code
        self.message = message
    }

    /// The empty message.
    public init() { self.init(code: 0) }

    /// As error texts name it.
    public static let wireName = "google.rpc.Status"

    /// Numbers and JSON names.
    public static let fieldNames = [WireFieldName(1, "code"), WireFieldName(2, "message")]

    /// Hands the fields to a sink.
    public func describe<Sink: FieldSink>(to sink: inout Sink) {
        sink.int32(1, "code", code)
        sink.string(2, "message", message)
    }

    /// Takes a field from a source.
    public mutating func readField<Source: FieldSource>(
        _ number: Int, from source: inout Source
    ) throws(WireError) -> Bool {
        switch number {
        case 1: try source.int32(&code)
        case 2: try source.string(&message)
        default: return false
        }
        return true
    }
}
