/// Writes response heads.
enum ResponseSerializer {
    /// Everything that the server decides about a head; the rest comes from the handler's fields.
    struct Framing {
        /// `Content-Length`, when one is to be sent.
        var length: Int?
        var isChunked = false
        var isGzip = false
        var variesByEncoding = false
        var closes = false
        /// HTTP/1.0 clients must be told that the connection stays open.
        var statesKeepAlive = false
    }

    static func append(
        status: Int, fields: HTTPFields, framing: Framing, date: [UInt8], to output: inout [UInt8]
    ) {
        if status == 200 {
            output.append(ascii: "HTTP/1.1 200 OK\r\n")
        } else {
            output.append(ascii: "HTTP/1.1 ")
            output.append(decimal: status)
            output.append(ASCII.space)
            output.append(ascii: reason(status))
            output.append(ascii: "\r\n")
        }
        var hasDate = false
        var hasVary = false
        fields.storage.withUnsafeBytes { bytes in
            for entry in fields.entries {
                let name = UnsafeRawBufferPointer(rebasing: bytes[entry.name])
                guard !name.isEmpty, name.allSatisfy(ASCII.isToken) else { continue }
                switch name.count {
                case 4 where ASCII.equal(name, "date"): hasDate = true
                case 4 where ASCII.equal(name, "vary"): hasVary = true
                // The server's own, always.
                case 10 where ASCII.equal(name, "connection"): continue
                case 14 where ASCII.equal(name, "content-length"): continue
                case 17 where ASCII.equal(name, "transfer-encoding"): continue
                default: break
                }
                output.append(contentsOf: name)
                output.append(ascii: ": ")
                let valueStart = output.count
                output.append(contentsOf: bytes[entry.value])
                // A line break in a value must not end the field.
                for index in valueStart..<output.count where !ASCII.isFieldValue(output[index]) {
                    output[index] = ASCII.space
                }
                output.append(ascii: "\r\n")
            }
        }
        if framing.isGzip { output.append(ascii: "Content-Encoding: gzip\r\n") }
        if framing.variesByEncoding, !hasVary { output.append(ascii: "Vary: Accept-Encoding\r\n") }
        if !hasDate {
            output.append(ascii: "Date: ")
            output.append(contentsOf: date)
            output.append(ascii: "\r\n")
        }
        if let length = framing.length {
            output.append(ascii: "Content-Length: ")
            output.append(decimal: length)
            output.append(ascii: "\r\n")
        } else if framing.isChunked {
            output.append(ascii: "Transfer-Encoding: chunked\r\n")
        }
        if framing.closes {
            output.append(ascii: "Connection: close\r\n")
        } else if framing.statesKeepAlive {
            output.append(ascii: "Connection: keep-alive\r\n")
        }
        output.append(ascii: "\r\n")
    }

    static func reason(_ status: Int) -> StaticString {
        switch status {
        case 100: "Continue"
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 206: "Partial Content"
        case 301: "Moved Permanently"
        case 302: "Found"
        case 304: "Not Modified"
        case 307: "Temporary Redirect"
        case 308: "Permanent Redirect"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 406: "Not Acceptable"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 413: "Request Entity Too Large"
        case 414: "Request URI Too Long"
        case 415: "Unsupported Media Type"
        case 417: "Expectation Failed"
        case 422: "Unprocessable Entity"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 499: "Client Closed Request"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: "Status"
        }
    }
}
