import Foundation

/// A response that a scripted upstream gives: what a well-behaved server would send.
public struct ScriptedAnswer: Sendable {
    /// Status code.
    public var status: Int
    /// Fields besides the framing.
    public var fields: [(String, String)]
    /// Body bytes.
    public var body: [UInt8]
    /// Send the body in chunks of this size instead of with a Content-Length.
    public var chunkSize: Int?

    /// A response with any fields and body.
    public init(_ status: Int, fields: [(String, String)] = [], body: [UInt8] = [], chunkSize: Int? = nil) {
        self.status = status
        self.fields = fields
        self.body = body
        self.chunkSize = chunkSize
    }

    /// A text answer, as Tempo writes its errors.
    public static func text(_ status: Int, _ text: String, fields: [(String, String)] = []) -> ScriptedAnswer {
        ScriptedAnswer(
            status, fields: [("Content-Type", "text/plain; charset=utf-8")] + fields, body: Array(text.utf8))
    }

    /// A JSON answer.
    public static func json(_ text: String, status: Int = 200) -> ScriptedAnswer {
        ScriptedAnswer(status, fields: [("Content-Type", "application/json")], body: Array(text.utf8))
    }

    /// A protobuf answer.
    public static func protobuf(_ bytes: [UInt8], status: Int = 200) -> ScriptedAnswer {
        ScriptedAnswer(status, fields: [("Content-Type", "application/protobuf")], body: bytes)
    }

    /// What a router says to a path it does not know.
    public static let pageNotFound = ScriptedAnswer.text(
        404, "404 page not found\n", fields: [("X-Content-Type-Options", "nosniff")])

    /// The status line and fields, with `declaredLength` (nil: none) as Content-Length.
    func head(declaredLength: Int?) -> [UInt8] {
        var text = "HTTP/1.1 \(status) Scripted\r\n"
        for (name, value) in fields { text += "\(name): \(value)\r\n" }
        if chunkSize != nil {
            text += "Transfer-Encoding: chunked\r\n"
        } else if let declaredLength {
            text += "Content-Length: \(declaredLength)\r\n"
        }
        return Array((text + "\r\n").utf8)
    }

    /// The body with its framing.
    var framedBody: [UInt8] {
        guard let chunkSize, chunkSize > 0 else { return body }
        var bytes: [UInt8] = []
        var start = 0
        while start < body.count {
            let end = min(start + chunkSize, body.count)
            bytes += Array("\(String(end - start, radix: 16))\r\n".utf8) + body[start..<end] + [13, 10]
            start = end
        }
        return bytes + Array("0\r\n\r\n".utf8)
    }
}

/// How a scripted upstream treats one request.
public enum ScriptedBehaviour: Sendable {
    /// A proper answer; the connection stays open.
    case answer(ScriptedAnswer)
    /// Reads the request and never says anything until the client goes away or the upstream stops.
    case silence
    /// Sends the head byte by byte with a pause between.
    case slowHead(ScriptedAnswer, pause: Double)
    /// Sends the head at once and the body in pieces with a pause between.
    case slowDrip(ScriptedAnswer, piece: Int, pause: Double)
    /// Sends the head and so many bytes of the body (its length is declared in full), then closes.
    case earlyClose(ScriptedAnswer, afterBodyBytes: Int)
    /// Closes without a byte.
    case closeUnanswered
    /// Breaks the connection by a reset without a byte.
    case reset
    /// Sends the head and so many bytes of the body, then resets.
    case resetInBody(ScriptedAnswer, afterBodyBytes: Int)
    /// Declares another Content-Length than it sends, then closes.
    case wrongLength(ScriptedAnswer, declared: Int)
    /// A chunked answer whose second chunk size is no number.
    case badChunk(ScriptedAnswer)
    /// Endless chunked zeros up to so many bytes: an answer larger than any limit, made without holding it.
    case flood(status: Int, contentType: String, bytes: Int)
    /// Exactly these bytes, then close.
    case raw([UInt8])
    /// Waits until `ScriptedUpstream.open(gate:)`, then goes on.
    indirect case gated(String, ScriptedBehaviour)
}

/// A request as a scripted upstream received it.
public struct ScriptedRequest: Sendable {
    /// Request method.
    public let method: String
    /// The raw target: path and query.
    public let target: String
    /// Fields in order, names as sent.
    public let fields: [(name: String, value: String)]
    /// The body.
    public let body: [UInt8]
    /// 1 for the first request of this tenant to this path, 2 for the second, ...
    public let attempt: Int

    /// The target up to `?`.
    public var path: String { String(target.prefix { $0 != "?" }) }
    /// The raw query, empty when there is none.
    public var query: String { target.contains("?") ? String(target.drop { $0 != "?" }.dropFirst()) : "" }
    /// The first X-Scope-OrgID, empty when there is none.
    public var tenant: String { self["X-Scope-OrgID"] ?? "" }

    /// The first value of a field.
    public subscript(name: String) -> String? {
        fields.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    /// Makes a request by hand.
    public init(
        method: String, target: String, fields: [(name: String, value: String)], body: [UInt8] = [], attempt: Int = 1
    ) {
        self.method = method
        self.target = target
        self.fields = fields
        self.body = body
        self.attempt = attempt
    }

    /// The same request under another attempt number, for scripts that count for themselves.
    public func numbered(_ attempt: Int) -> ScriptedRequest {
        ScriptedRequest(method: method, target: target, fields: fields, body: body, attempt: attempt)
    }

    /// The percent-decoded value of a query parameter.
    public func parameter(_ name: String) -> String? {
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts[0] == name, parts.count == 2 {
                return parts[1].replacing("+", with: " ").removingPercentEncoding
            }
        }
        return nil
    }
}
