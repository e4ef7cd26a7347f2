import TraceQL

/// The numbers that OTLP gives kinds and status codes.
enum SpanNumbers {
    /// By number.
    static let kinds: [Static.Kind] = [.unspecified, .internal, .server, .client, .producer, .consumer]
    /// By number.
    static let statuses: [Static.Status] = [.unset, .ok, .error]

    static func number(_ kind: Static.Kind) -> UInt8 { UInt8(kinds.firstIndex(of: kind) ?? 0) }

    static func number(_ status: Static.Status) -> UInt8 { UInt8(statuses.firstIndex(of: status) ?? 0) }
}
