/// What is read of the `distributor` block: how spans come into the embedded store. Key names are Tempo's.
///
/// Read only when the embedded store is used; beside `federation.proxy_targets` the block belongs to other programs.
public struct DistributorConfiguration: Sendable, Equatable {
    /// `max_attribute_bytes`: keys and text values of attributes are cut to this many bytes; 0 cuts nothing.
    public var maxAttributeBytes = 2048
    /// `max_inflight_bytes` (ours): bytes of bodies that may be on their way into the store at once; beyond it 429.
    public var maxInflightBytes = 134_217_728
    /// `receivers.otlp.protocols.http`; nil when receivers are listed and this one is not.
    public var otlpHTTP: OTLPHTTPConfiguration? = OTLPHTTPConfiguration()

    /// The defaults.
    public init() {}
}

/// `distributor.receivers.otlp.protocols.http`: the listener for OTLP over HTTP.
public struct OTLPHTTPConfiguration: Sendable, Equatable {
    /// `endpoint`: `host:port`; an empty host is every address, port 0 any free port.
    public var endpoint = "127.0.0.1:4318"
    /// `max_request_body_size`: bytes of one body as sent and as decompressed; above it 413.
    public var maxRequestBodySize = 16_777_216
    /// `tls`: without a certificate the listener speaks plain HTTP. With `client_ca_file` clients must show a certificate.
    public var tls = ServerTLSConfiguration()

    /// The defaults.
    public init() {}

    /// Host and port of ``endpoint``; nil when it is none.
    public var address: (host: String, port: Int)? {
        guard let colon = endpoint.lastIndex(of: ":") else { return nil }
        var host = endpoint[..<colon]
        let digits = endpoint[endpoint.index(after: colon)...]
        guard !digits.isEmpty, digits.utf8.count <= 5, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = Int(digits), port <= 65_535
        else { return nil }
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        let isHost = host.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") }
        return isHost && host.utf8.count <= 253 ? (String(host), port) : nil
    }
}
