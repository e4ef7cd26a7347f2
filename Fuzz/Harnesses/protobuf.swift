/// Input: a byte that chooses the message, then protobuf. What is accepted means the same in every encoding.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    // libFuzzer hands `size` bytes at `data` that live until the return; they are copied here.
    let bytes = Array(UnsafeBufferPointer(start: data, count: size))
    guard let number = bytes.first else { return 0 }
    let message = Array(bytes.dropFirst())
    withMessage(number) { type in check(type, message) }
    return 0
}

private func check<M: WireMessage>(_: M.Type, _ bytes: [UInt8]) {
    guard let message = try? M.decode(protobuf: bytes) else { return }
    checkRoundTrips(message)
}
