/// Input: a byte, then what a peer sent. The byte's lowest bits choose: a request with its body, a response with its body, or a body
/// of some framing. Whole or in pieces, the same bytes mean the same; what is accepted cannot be read in two ways.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    // libFuzzer hands `size` bytes at `data` that live until the return; they are copied here.
    let bytes = Array(UnsafeBufferPointer(start: data, count: size))
    guard let choice = bytes.first else { return 0 }
    let input = Array(bytes.dropFirst())
    switch choice & 3 {
    case 0, 1: checkRequest(input)
    case 2: checkResponse(input)
    default:
        checkBody(input, [BodyFraming.chunked, .length(Int(choice >> 3)), .untilClose, .none][Int(choice >> 2) & 3])
    }
    return 0
}

private let limits = HeadLimits(maxHeadBytes: 400, maxFieldCount: 12, maxTargetBytes: 120)

/// A head and how long it was, or nil while it is not whole.
private typealias Found<Head> = Result<(head: Head, length: Int)?, HTTPParseError>

private func find<Head>(
    _ bytes: [UInt8], piece: Int,
    _ parse: (UnsafeRawBufferPointer, Int) throws(HTTPParseError) -> Head
) -> Found<Head> {
    bytes.withUnsafeBytes { buffer in
        Found<Head> { () throws(HTTPParseError) in
            var scanner = HeadScanner()
            var available = 0
            while available < buffer.count {
                available = min(buffer.count, available + piece)
                let seen = UnsafeRawBufferPointer(rebasing: buffer[..<available])
                guard let length = try scanner.scan(seen, limits: limits) else { continue }
                let head = try parse(UnsafeRawBufferPointer(rebasing: seen[..<length]), scanner.lineCount)
                return (head, length)
            }
            return nil
        }
    }
}

private func parseRequest(_ bytes: UnsafeRawBufferPointer, _ lines: Int) throws(HTTPParseError) -> RequestHead {
    try RequestHead.parse(bytes, lineCount: lines, limits: limits)
}

private func parseResponse(_ bytes: UnsafeRawBufferPointer, _ lines: Int) throws(HTTPParseError) -> ResponseHead {
    try ResponseHead.parse(bytes, lineCount: lines)
}

private func agree<Head: Equatable>(_ whole: Found<Head>, _ pieces: Found<Head>) -> (head: Head, length: Int)? {
    switch (whole, pieces) {
    case (.success(let one), .success(let other)):
        precondition(one?.head == other?.head && one?.length == other?.length, "whole and pieces differ")
        return one
    case (.failure, .failure): return nil
    default: fatalError("whole and pieces differ: \(whole), \(pieces)")
    }
}

private func checkRequest(_ input: [UInt8]) {
    guard let (head, length) = agree(find(input, piece: 1 << 20, parseRequest), find(input, piece: 1, parseRequest))
    else { return }
    check(head.fields)
    precondition(!head.method.isEmpty && head.method.utf8.allSatisfy(ASCII.isToken))
    precondition(
        head.target.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } && head.target.utf8.count <= limits.maxTargetBytes)
    precondition(head.fields.all("host").count < 2)
    let lengths = head.fields.all("content-length")
    let codings = head.fields.all("transfer-encoding")
    precondition(lengths.count + codings.count <= 1, "two ways to find the end of the body")
    switch head.framing {
    case .length(let length): precondition(Int(lengths.first ?? "") == length)
    case .chunked: precondition(codings.first?.lowercased() == "chunked")
    case .none: precondition(codings.isEmpty && (Int(lengths.first ?? "0") == 0))
    case .untilClose: fatalError("a request's body never ends with the connection")
    }
    // Written out in canonical form, it is the same message.
    var text = Array("\(head.method) \(head.target) HTTP/1.\(head.version == .http10 ? 0 : 1)\r\n".utf8)
    append(head.fields, to: &text)
    if text.count <= limits.maxHeadBytes {
        guard case .success(let again?) = find(text, piece: 1 << 20, parseRequest) else { fatalError("not read again") }
        precondition(again.head == head && again.length == text.count, "read differently")
    }
    checkBody(Array(input[length...]), head.framing)
}

private func checkResponse(_ input: [UInt8]) {
    guard let (head, length) = agree(find(input, piece: 1 << 20, parseResponse), find(input, piece: 1, parseResponse))
    else { return }
    check(head.fields)
    precondition((100..<600).contains(head.status))
    checkBody(Array(input[length...]), head.framing)
}

private func check(_ fields: HTTPFields) {
    precondition(fields.count <= limits.maxFieldCount)
    for entry in fields.entries {
        precondition(!entry.name.isEmpty && fields.storage[entry.name].allSatisfy(ASCII.isToken))
        precondition(fields.storage[entry.value].allSatisfy(ASCII.isFieldValue))
    }
    for (name, value) in fields { precondition(fields.all(name).contains(value)) }
}

private func append(_ fields: HTTPFields, to text: inout [UInt8]) {
    for entry in fields.entries {
        text += fields.storage[entry.name] + [58] + fields.storage[entry.value] + [13, 10]
    }
    text += [13, 10]
}

private struct Body: Equatable {
    var bytes: [UInt8] = []
    var isFinished = false
    /// What comes after the body; only of a finished one.
    var rest: [UInt8] = []
}

private func decode(_ input: [UInt8], _ framing: BodyFraming, piece: Int) throws(HTTPParseError) -> Body {
    var decoder = BodyDecoder(framing)
    var body = Body()
    var buffer: [UInt8] = []
    var position = 0
    while true {
        let bytes = buffer
        let step: Result<BodyDecoder.Step, HTTPParseError> = bytes.withUnsafeBytes { bytes in
            Result { () throws(HTTPParseError) in try decoder.step(bytes) }
        }
        switch try step.get() {
        case .data(let range, let consumed):
            precondition(!range.isEmpty && consumed >= range.upperBound)
            body.bytes += buffer[range]
            buffer.removeFirst(consumed)
        case .needMore(let consumed):
            buffer.removeFirst(consumed)
            guard position < input.count else { return body }
            let end = min(input.count, position + piece)
            buffer += input[position..<end]
            position = end
        case .finished(let consumed):
            buffer.removeFirst(consumed)
            body.isFinished = true
            body.rest = buffer + input[position...]
            return body
        }
    }
}

private func checkBody(_ input: [UInt8], _ framing: BodyFraming) {
    let whole = Result { () throws(HTTPParseError) in try decode(input, framing, piece: 1 << 20) }
    for piece in [1, 5] {
        let pieces = Result { () throws(HTTPParseError) in try decode(input, framing, piece: piece) }
        switch (whole, pieces) {
        case (.success(let one), .success(let other)): precondition(one == other, "whole and pieces differ")
        case (.failure, .failure): break
        default: fatalError("whole and pieces differ: \(whole), \(pieces)")
        }
    }
    guard case .success(let body) = whole else { return }
    precondition(body.bytes.count <= input.count)
    if body.isFinished, case .length(let length) = framing { precondition(body.bytes.count == length) }
    // Sent on as one chunk, it is the same body.
    guard body.isFinished, !body.bytes.isEmpty else { return }
    let chunk = Array("\(String(body.bytes.count, radix: 16))\r\n".utf8) + body.bytes + Array("\r\n0\r\n\r\nX".utf8)
    let again = Result { () throws(HTTPParseError) in try decode(chunk, .chunked, piece: 3) }
    guard case .success(Body(bytes: body.bytes, isFinished: true, rest: [88])) = again else {
        fatalError("read differently")
    }
}
