/// Input: a pattern, a byte 0, a text. The ways to ask the same question agree, and none is slow (the runner's time limit).
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    // libFuzzer hands `size` bytes at `data` that live until the return; they are copied here.
    let bytes = Array(UnsafeBufferPointer(start: data, count: size))
    let cut = bytes.firstIndex(of: 0) ?? bytes.count
    let pattern = Array(bytes[..<cut])
    let text = Array(bytes[min(cut + 1, bytes.count)...])
    guard let matching = try? RegularExpression(utf8: pattern) else { return 0 }
    guard let searching = try? RegularExpression(utf8: pattern, purpose: .searching) else {
        fatalError("compiles for one purpose only")
    }
    guard (try? RegularExpression.check(utf8: pattern)) != nil else { fatalError("compiles, and does not check") }
    let matches = matching.matches(text)
    let found = matching.search(text)
    precondition(searching.matches(text) == matches, "matches differs by purpose")
    precondition(searching.search(text) == found, "search differs by purpose")
    precondition(!matches || found, "matches, and is not found")

    // A whole match is an anchored search. `\Q` without `\E` would swallow the anchor.
    guard !pattern.indices.contains(where: { pattern[$0...].starts(with: [0x5C, 0x51]) }) else { return 0 }
    let anchored = Array("\\A(?:".utf8) + pattern + Array(")\\z".utf8)
    if let expression = try? RegularExpression(utf8: anchored, purpose: .searching) {
        precondition(expression.search(text) == matches, "an anchored search differs from matches")
    }
    // An alternative that never matches changes nothing.
    let extended = Array("(?:".utf8) + pattern + Array(")|[^\\x{0}-\\x{10FFFF}]".utf8)
    if let expression = try? RegularExpression(utf8: extended) {
        precondition(expression.matches(text) == matches, "an impossible alternative changes matches")
        precondition(expression.search(text) == found, "an impossible alternative changes search")
    }
    return 0
}
