/// How the body of an OTLP export request is written.
package enum OTLPEncoding: Sendable, Hashable {
    /// Protobuf of `ExportTraceServiceRequest`.
    case protobuf
    /// JSON of the same, as the OTLP specification maps it: ids in hexadecimal, 64-bit numbers as strings or numbers.
    case json
}
