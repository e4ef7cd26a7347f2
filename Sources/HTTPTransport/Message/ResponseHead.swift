/// A parsed response head, for the client.
struct ResponseHead: Equatable {
    var status: Int
    var fields: HTTPFields
    /// For a response to a request other than HEAD.
    var framing: BodyFraming
    var keepsAlive: Bool

    /// Parses a whole head: status line, fields, empty line, nothing after it. Statuses of the errors do not matter here.
    static func parse(_ bytes: UnsafeRawBufferPointer, lineCount: Int = 16) throws(HTTPParseError) -> ResponseHead {
        // "HTTP/1.x ddd", then an optional blank and reason, CR LF.
        guard bytes.count >= 14 else { throw HTTPParseError(502, "bad status line") }
        let word = UnsafeRawBufferPointer(rebasing: bytes[..<7])
        guard word.elementsEqual("HTTP/1.".utf8), bytes[7] == 0x30 || bytes[7] == 0x31, bytes[8] == ASCII.space,
            let status = ASCII.decimal(UnsafeRawBufferPointer(rebasing: bytes[9..<12])), status >= 100, status < 600
        else { throw HTTPParseError(502, "bad status line") }
        let isHTTP11 = bytes[7] == 0x31
        var position = 12
        if bytes[position] == ASCII.space {
            while position < bytes.count, ASCII.isFieldValue(bytes[position]) { position += 1 }
        }
        guard position + 1 < bytes.count, bytes[position] == ASCII.carriageReturn, bytes[position + 1] == ASCII.lineFeed
        else { throw HTTPParseError(502, "bad status line") }
        var facts = FieldFacts()
        let fields = try HeadParser.parseFields(
            UnsafeRawBufferPointer(rebasing: bytes[(position + 2)...]), lineCount: lineCount, facts: &facts)

        let framing: BodyFraming
        if facts.transferEncodingCount > 0 {
            guard facts.contentLengthCount == 0 else {
                throw HTTPParseError(502, "both Transfer-Encoding and Content-Length")
            }
            guard isHTTP11, facts.transferEncodingCount == 1, facts.isChunked else {
                throw HTTPParseError(502, "bad Transfer-Encoding")
            }
            framing = .chunked
        } else if facts.contentLengthCount > 0 {
            guard facts.contentLengthCount == 1, let length = facts.contentLength else {
                throw HTTPParseError(502, "bad Content-Length")
            }
            framing = length == 0 ? .none : .length(length)
        } else {
            framing = .untilClose
        }
        let hasNoBody = status < 200 || status == 204 || status == 304
        return ResponseHead(
            status: status, fields: fields, framing: hasNoBody ? .none : framing,
            keepsAlive: !facts.saysClose && (isHTTP11 || facts.saysKeepAlive))
    }
}
