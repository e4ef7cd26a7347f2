/// Input: a byte that chooses the message, then protobuf. What is accepted means the same in every encoding; a trace is turned into
/// JSON by the transcoder as it is by way of its structs.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    // libFuzzer hands `size` bytes at `data` that live until the return; they are copied here.
    let bytes = Array(UnsafeBufferPointer(start: data, count: size))
    guard let number = bytes.first else { return 0 }
    let message = Array(bytes.dropFirst())
    withMessage(number) { type in check(type, message) }
    if number % 16 == 0 { checkTranscoder(message) }
    return 0
}

private func check<M: WireMessage>(_: M.Type, _ bytes: [UInt8]) {
    guard let message = try? M.decode(protobuf: bytes) else { return }
    checkRoundTrips(message)
}

private func checkTranscoder(_ bytes: [UInt8]) {
    let trace = try? Trace.decode(protobuf: bytes)
    for step in [1, 1 << 16] {
        guard var transcoder = try? TraceJSONTranscoder(trace: bytes, listName: .resourceSpans, stepSize: step) else {
            precondition(trace == nil, "decoded, and not transcoded")
            continue
        }
        var json: [UInt8] = []
        guard (try? transcoder.appendAll(to: &json)) != nil else { fatalError("transcoding ends half way") }
        precondition(json == trace?.json, "transcoded differently")
    }
}
