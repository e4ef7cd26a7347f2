import HTTPTransport
import TempoAPI
import TraceStore

extension OTLPEncoding {
    /// The encoding that a `Content-Type` names; nil for another one, or none.
    init?(contentType: String?) {
        let name = (contentType ?? "").prefix { $0 != ";" }.lowercased().utf8.trimmingBlanks()
        switch String(decoding: name, as: UTF8.self) {
        case "application/x-protobuf": self = .protobuf
        case "application/json": self = .json
        default: return nil
        }
    }

    var contentType: String {
        switch self {
        case .protobuf: "application/x-protobuf"
        case .json: "application/json"
        }
    }

    func encode(_ message: some WireMessage) -> [UInt8] {
        switch self {
        case .protobuf: message.protobuf
        case .json: message.json
        }
    }
}

/// A refusal of an export, in the terms of OTLP over HTTP.
struct OTLPRefusal: Error {
    var status: Int
    var message: String
    /// Seconds after which a client may try again, for 429 and 503.
    var retryAfter: Int?
    /// The `reason` of `tempo_discarded_spans_total`.
    var reason: String

    /// The code of gRPC that goes with the status.
    var code: Int32 {
        switch status {
        case 401: 16
        case 408: 4
        case 429: 8
        case 500: 13
        case 503: 14
        default: 3
        }
    }

    func response(_ encoding: OTLPEncoding) -> HTTPResponse {
        var fields = HTTPFields()
        fields.append("Content-Type", encoding.contentType)
        if let retryAfter { fields.append("Retry-After", "\(max(1, retryAfter))") }
        let body = encoding.encode(RPCStatus(code: code, message: message))
        return HTTPResponse(status: status, fields: fields, body: .bytes(body))
    }
}
