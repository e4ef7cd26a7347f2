/// A parsed request head.
struct RequestHead: Equatable {
    enum ContentCoding: Equatable { case identity, gzip, unsupported }

    var method: String
    var target: String
    var version: HTTPServerRequest.Version
    var fields: HTTPFields
    var framing: BodyFraming
    /// Whether the connection may serve another request, as far as the client is concerned.
    var keepsAlive: Bool
    var expectsContinue: Bool
    var contentCoding: ContentCoding

    /// Parses a whole head: request line, fields, empty line, nothing after it.
    static func parse(
        _ bytes: UnsafeRawBufferPointer, lineCount: Int = 8, limits: HeadLimits
    ) throws(HTTPParseError) -> RequestHead {
        var position = 0
        let count = bytes.count
        while position < count, ASCII.isToken(bytes[position]) { position += 1 }
        guard position > 0, position <= 64, position < count, bytes[position] == ASCII.space else {
            throw HTTPParseError(400, "bad method")
        }
        // Strings of up to 15 bytes, so all common methods, need no allocation.
        let method = String(decoding: UnsafeRawBufferPointer(rebasing: bytes[..<position]), as: UTF8.self)
        position += 1
        let targetStart = position
        while position < count, bytes[position] &- 0x21 < 0x5E { position += 1 }
        guard position > targetStart, position < count, bytes[position] == ASCII.space else {
            throw HTTPParseError(400, "bad request target")
        }
        let target = UnsafeRawBufferPointer(rebasing: bytes[targetStart..<position])
        guard target.count <= limits.maxTargetBytes else { throw HTTPParseError(414, "request target is too long") }
        try checkForm(of: target, method: method)
        position += 1
        // "HTTP/d.d" CR LF is ten bytes.
        guard position + 10 <= count else { throw HTTPParseError(400, "bad HTTP version") }
        let word = UnsafeRawBufferPointer(rebasing: bytes[position..<position + 5])
        guard word.elementsEqual("HTTP/".utf8), ASCII.isDigit(bytes[position + 5]), bytes[position + 6] == 0x2E,
            ASCII.isDigit(bytes[position + 7]), bytes[position + 8] == ASCII.carriageReturn,
            bytes[position + 9] == ASCII.lineFeed
        else { throw HTTPParseError(400, "bad HTTP version") }
        guard bytes[position + 5] == 0x31, bytes[position + 7] <= 0x31 else {
            throw HTTPParseError(505, "HTTP version is not supported")
        }
        let version: HTTPServerRequest.Version = bytes[position + 7] == 0x31 ? .http11 : .http10
        position += 10

        var facts = FieldFacts()
        let fields = try HeadParser.parseFields(
            UnsafeRawBufferPointer(rebasing: bytes[position...]), lineCount: lineCount, facts: &facts)
        guard facts.hostCount < 2 else { throw HTTPParseError(400, "repeated Host") }
        guard facts.hostCount == 1 || version == .http10 else { throw HTTPParseError(400, "missing Host") }
        guard facts.hostIsValid else { throw HTTPParseError(400, "bad Host") }
        let framing = try framing(facts, version: version)
        var expectsContinue = false
        if facts.expectCount > 0, version == .http11 {
            guard facts.expectCount == 1, facts.expectsContinue else {
                throw HTTPParseError(417, "unknown expectation")
            }
            expectsContinue = framing != .none
        }
        let coding: ContentCoding =
            switch facts.contentEncodingCount {
            case 0: .identity
            case 1: facts.isGzip ? .gzip : facts.isIdentity ? .identity : .unsupported
            default: .unsupported
            }
        return RequestHead(
            method: method, target: String(decoding: target, as: UTF8.self), version: version, fields: fields,
            framing: framing, keepsAlive: !facts.saysClose && (version == .http11 || facts.saysKeepAlive),
            expectsContinue: expectsContinue, contentCoding: coding)
    }

    private static func framing(
        _ facts: FieldFacts, version: HTTPServerRequest.Version
    ) throws(HTTPParseError) -> BodyFraming {
        if facts.transferEncodingCount > 0 {
            guard facts.contentLengthCount == 0 else {
                throw HTTPParseError(400, "both Transfer-Encoding and Content-Length")
            }
            guard version == .http11 else { throw HTTPParseError(400, "Transfer-Encoding in HTTP/1.0") }
            guard facts.transferEncodingCount == 1 else { throw HTTPParseError(400, "repeated Transfer-Encoding") }
            guard facts.isChunked else { throw HTTPParseError(501, "unknown Transfer-Encoding") }
            return .chunked
        }
        guard facts.contentLengthCount > 0 else { return .none }
        guard facts.contentLengthCount == 1, let length = facts.contentLength else {
            throw HTTPParseError(400, "bad Content-Length")
        }
        return length == 0 ? .none : .length(length)
    }

    /// Origin form, absolute form of http or https, or `*` for OPTIONS; CONNECT has no business here.
    private static func checkForm(of target: UnsafeRawBufferPointer, method: String) throws(HTTPParseError) {
        if target[0] == UInt8(ascii: "/") { return }
        if target.count == 1, target[0] == UInt8(ascii: "*"), method == "OPTIONS" { return }
        for prefix: StaticString in ["http://", "https://"] where target.count > prefix.utf8CodeUnitCount {
            let start = UnsafeRawBufferPointer(rebasing: target[..<prefix.utf8CodeUnitCount])
            let next = target[prefix.utf8CodeUnitCount]
            if ASCII.equal(start, prefix), next != UInt8(ascii: "/"), next != UInt8(ascii: "?") { return }
        }
        throw HTTPParseError(400, "bad request target")
    }
}
