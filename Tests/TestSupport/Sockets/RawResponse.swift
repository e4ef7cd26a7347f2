/// One HTTP/1.1 response as it came over the wire, body decoded from chunks or cut to its length.
public struct RawResponse: Sendable, Equatable {
    /// The status code of the status line.
    public var status: Int
    /// The reason phrase, may be empty.
    public var reason: String
    /// Fields in order of arrival, names as sent, values without surrounding blanks.
    public var fields: [(name: String, value: String)]
    /// The body without its framing. Not decompressed.
    public var body: [UInt8]
    /// True when the framing said that the body was whole: Content-Length reached, last chunk seen, or none to come.
    /// A body that ends with the connection counts as whole.
    public var isComplete: Bool

    /// The first value of a field, found without regard to case.
    public subscript(name: String) -> String? {
        fields.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    /// All values of a field.
    public func all(_ name: String) -> [String] {
        fields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    }

    /// The body as text; invalid UTF-8 is shown by replacement characters.
    public var text: String { String(decoding: body, as: UTF8.self) }

    /// Compares everything, fields in order.
    public static func == (left: RawResponse, right: RawResponse) -> Bool {
        left.status == right.status && left.reason == right.reason && left.body == right.body
            && left.isComplete == right.isComplete
            && left.fields.elementsEqual(right.fields) { $0.name == $1.name && $0.value == $1.value }
    }
}

/// Reads responses out of bytes as they arrive. Strict about framing, since it tests a server.
struct RawResponseParser {
    struct Malformed: Error, CustomStringConvertible {
        let description: String
    }

    private(set) var buffer: [UInt8] = []

    mutating func append(_ bytes: [UInt8]) { buffer.append(contentsOf: bytes) }

    /// Takes the next whole response off the buffer.
    /// - Parameters:
    ///   - answersHEAD: the response belongs to a HEAD request and has no body whatever its fields say.
    ///   - atEnd: the connection is closed, so that a body without framing is whole, and a cut one is given as incomplete.
    /// - Returns: nil when more bytes are needed, or when nothing is left at the end.
    mutating func next(answersHEAD: Bool, atEnd: Bool) throws -> RawResponse? {
        guard let headEnd = firstRange(of: [13, 10, 13, 10], in: buffer) else {
            if atEnd && !buffer.isEmpty {
                throw Malformed(description: "connection closed inside a head of \(buffer.count) bytes")
            }
            return nil
        }
        var response = try parseHead(Array(buffer[..<headEnd]))
        let bodyStart = headEnd + 4
        if answersHEAD || (100..<200).contains(response.status) || response.status == 204 || response.status == 304 {
            buffer.removeSubrange(..<bodyStart)
            return response
        }
        if let coding = response["Transfer-Encoding"] {
            guard coding.lowercased() == "chunked" else {
                throw Malformed(description: "unknown transfer coding \(coding)")
            }
            guard response["Content-Length"] == nil else {
                throw Malformed(description: "both Content-Length and Transfer-Encoding")
            }
            let (body, end) = try parseChunks(from: bodyStart)
            response.body = body
            guard let end else {
                guard atEnd else { return nil }
                response.isComplete = false
                buffer.removeAll()
                return response
            }
            buffer.removeSubrange(..<end)
            return response
        }
        let lengths = response.all("Content-Length")
        if let first = lengths.first {
            guard lengths.count == 1, let length = Int(first), length >= 0 else {
                throw Malformed(description: "Content-Length \(lengths)")
            }
            guard buffer.count - bodyStart >= length else {
                guard atEnd else { return nil }
                response.body = Array(buffer[bodyStart...])
                response.isComplete = false
                buffer.removeAll()
                return response
            }
            response.body = Array(buffer[bodyStart..<(bodyStart + length)])
            buffer.removeSubrange(..<(bodyStart + length))
            return response
        }
        guard atEnd else { return nil }
        response.body = Array(buffer[bodyStart...])
        buffer.removeAll()
        return response
    }

    private func parseHead(_ bytes: [UInt8]) throws -> RawResponse {
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n", omittingEmptySubsequences: false)
        let start = lines[0].split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard start.count >= 2, start[0] == "HTTP/1.1" || start[0] == "HTTP/1.0", start[1].utf8.count == 3,
            let status = Int(start[1])
        else { throw Malformed(description: "status line '\(lines[0])'") }
        var response = RawResponse(
            status: status, reason: start.count > 2 ? String(start[2]) : "", fields: [], body: [], isComplete: true)
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":"), colon != line.startIndex else {
                throw Malformed(description: "field line '\(line)'")
            }
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            var end = value.endIndex
            while end > value.startIndex,
                value[value.index(before: end)] == " " || value[value.index(before: end)] == "\t"
            {
                end = value.index(before: end)
            }
            response.fields.append((String(line[..<colon]), String(value[..<end])))
        }
        return response
    }

    /// The decoded body so far, and where the next response starts once the last chunk is here.
    private func parseChunks(from start: Int) throws -> (body: [UInt8], end: Int?) {
        var body: [UInt8] = []
        var position = start
        while let lineEnd = firstRange(of: [13, 10], in: buffer, from: position) {
            let text = String(decoding: buffer[position..<lineEnd], as: UTF8.self)
            guard !text.isEmpty, text.utf8.count <= 8, let size = Int(text, radix: 16), size >= 0 else {
                throw Malformed(description: "chunk size '\(text)'")
            }
            let dataStart = lineEnd + 2
            if size == 0 {
                // Trailers up to an empty line.
                var trailer = dataStart
                while let end = firstRange(of: [13, 10], in: buffer, from: trailer) {
                    if end == trailer { return (body, end + 2) }
                    trailer = end + 2
                }
                return (body, nil)
            }
            guard buffer.count >= dataStart + size + 2 else {
                body.append(contentsOf: buffer[min(dataStart, buffer.count)..<min(dataStart + size, buffer.count)])
                return (body, nil)
            }
            guard buffer[dataStart + size] == 13, buffer[dataStart + size + 1] == 10 else {
                throw Malformed(description: "no line end after a chunk of \(size) bytes")
            }
            body.append(contentsOf: buffer[dataStart..<(dataStart + size)])
            position = dataStart + size + 2
        }
        return (body, nil)
    }
}

/// The index where `pattern` first starts in `bytes` at or after `start`.
func firstRange(of pattern: [UInt8], in bytes: [UInt8], from start: Int = 0) -> Int? {
    guard let first = pattern.first, bytes.count >= pattern.count else { return nil }
    var index = start
    while index <= bytes.count - pattern.count {
        if bytes[index] == first, bytes[index..<(index + pattern.count)].elementsEqual(pattern) { return index }
        index += 1
    }
    return nil
}
