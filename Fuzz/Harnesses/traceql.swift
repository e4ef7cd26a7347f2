/// A query that parses is printed and read again as the same query, and nothing that is asked of it traps.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    // libFuzzer hands `size` bytes at `data` that live until the return; they are copied here.
    let bytes = Array(UnsafeBufferPointer(start: data, count: size))
    guard let query = try? Query.parse(utf8: bytes) else { return 0 }
    let text = query.canonicalText()
    let roomy = ParseLimits(maxTextBytes: 1 << 24, maxNestingDepth: 2000, maxTokens: 1 << 22)
    guard let again = try? Query.parse(utf8: text, limits: roomy) else { fatalError("does not parse again: \(query)") }
    precondition(again == query, "reads differently: \(query)")
    precondition(again.canonicalText() == text, "prints differently: \(query)")
    precondition(isValid(query) == isValid(again), "valid once: \(query)")

    // The text of a rewritten query need not parse; that of one without anything to rewrite does.
    let (rewritten, count) = query.orToIn()
    precondition(count > 0 || rewritten == query, "rewritten without a reason: \(rewritten)")

    _ = query.canonicalText(.tempo)
    _ = rewritten.canonicalText(.tempo)
    _ = query.storageConditions
    let necessary = query.necessaryConditions
    _ = necessary.span.expression.description
    _ = necessary.span.spanLocal
    _ = query.federationClass
    return 0
}

private func isValid(_ query: Query) -> Bool {
    do {
        try query.validate()
        return true
    } catch {
        return false
    }
}
