/// What identifies one question to one target: equal keys, equal questions.
struct CacheKey: Sendable, Hashable {
    let bytes: [UInt8]

    /// Most bytes of a key. A question that would need more is not kept and not shared.
    static let maxBytes = 16 * 1024
}

/// Writes keys whose fields cannot run into each other: every text stands behind its length, every list behind its count.
struct CacheKeyWriter {
    private var bytes: [UInt8] = []
    private var isTooLong = false

    /// - Parameter kind: of the question.
    init(kind: UInt8) {
        bytes.reserveCapacity(512)
        bytes.append(kind)
    }

    /// nil: the key would be longer than ``CacheKey/maxBytes``.
    var key: CacheKey? { isTooLong ? nil : CacheKey(bytes: Array(bytes)) }

    mutating func add(_ text: String) { add(text.utf8, count: text.utf8.count) }

    mutating func add(_ content: [UInt8]) { add(content, count: content.count) }

    /// nil is another field than the empty text.
    mutating func add(_ text: String?) {
        add(text == nil ? 0 : 1)
        if let text { add(text) }
    }

    mutating func add(_ flag: Bool) { add(flag ? 1 : 0) }

    mutating func add(_ number: some FixedWidthInteger) {
        let wide = UInt64(truncatingIfNeeded: number)
        guard hasRoom(8) else { return }
        for shift in stride(from: UInt64(0), to: 64, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: wide >> shift))
        }
    }

    private mutating func add(_ content: some Sequence<UInt8>, count: Int) {
        add(count)
        guard hasRoom(count) else { return }
        bytes.append(contentsOf: content)
    }

    private mutating func hasRoom(_ count: Int) -> Bool {
        if count > CacheKey.maxBytes - bytes.count { isTooLong = true }
        return !isTooLong
    }
}
