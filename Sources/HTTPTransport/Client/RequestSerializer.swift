/// Checks and writes request heads. What reaches the wire cannot end a line or a head early.
enum RequestSerializer {
    static func check(_ request: HTTPClientRequest) throws(HTTPClientError) {
        switch request.origin.scheme {
        case "http": guard request.tls == nil else { throw invalid("TLS settings for an origin of http") }
        case "https": guard request.tls != nil else { throw invalid("no TLS settings for an origin of https") }
        default: throw invalid("scheme \(request.origin.scheme) is not supported, only http and https")
        }
        let host = request.origin.host.utf8
        guard !host.isEmpty, host.count <= 255, host.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x2F && $0 != 0x40 })
        else { throw invalid("bad host") }
        guard (1...65_535).contains(request.origin.port) else { throw invalid("bad port") }
        guard !request.method.isEmpty, request.method.utf8.allSatisfy(ASCII.isToken), request.method != "CONNECT" else {
            throw invalid("bad method")
        }
        guard request.target.utf8.first == UInt8(ascii: "/"), request.target.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { throw invalid("bad request target") }
        let fault: String? = request.fields.storage.withUnsafeBytes { bytes in
            var hostCount = 0
            for entry in request.fields.entries {
                let name = UnsafeRawBufferPointer(rebasing: bytes[entry.name])
                guard !name.isEmpty, name.allSatisfy(ASCII.isToken) else { return "bad field name" }
                guard bytes[entry.value].allSatisfy(ASCII.isFieldValue) else { return "bad byte in a field value" }
                if ASCII.equal(name, "host") { hostCount += 1 }
                guard hostCount < 2 else { return "two Host fields" }
                if ASCII.equal(name, "content-length") || ASCII.equal(name, "transfer-encoding")
                    || ASCII.equal(name, "connection")
                {
                    return "field \(String(decoding: name, as: UTF8.self)) belongs to the client"
                }
            }
            return nil
        }
        if let fault { throw invalid(fault) }
    }

    private static func invalid(_ message: String) -> HTTPClientError {
        HTTPClientError(code: .invalidRequest, message: message)
    }

    /// The head of a request that passed `check`.
    static func head(_ request: HTTPClientRequest) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(128 + request.target.utf8.count + request.fields.storage.count)
        output.append(contentsOf: request.method.utf8)
        output.append(ASCII.space)
        output.append(contentsOf: request.target.utf8)
        output.append(ascii: " HTTP/1.1\r\n")
        if !request.fields.contains("Host") {
            output.append(ascii: "Host: ")
            output.append(contentsOf: request.origin.authority.utf8)
            output.append(ascii: "\r\n")
        }
        for entry in request.fields.entries {
            output.append(contentsOf: request.fields.storage[entry.name])
            output.append(ascii: ": ")
            output.append(contentsOf: request.fields.storage[entry.value])
            output.append(ascii: "\r\n")
        }
        if !request.body.isEmpty || ["POST", "PUT", "PATCH"].contains(request.method) {
            output.append(ascii: "Content-Length: ")
            output.append(decimal: request.body.count)
            output.append(ascii: "\r\n")
        }
        output.append(ascii: "\r\n")
        return output
    }

    /// Whether sending the request twice does no harm (RFC 9110 section 9.2.2).
    static func isIdempotent(_ method: String) -> Bool {
        switch method {
        case "GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE": true
        default: false
        }
    }
}
