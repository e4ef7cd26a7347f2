/// An answer as it is kept.
struct CachedAnswer: Sendable {
    /// Which of the forms of an answer the bytes have.
    var form: UInt8 = 0
    var bytes: [UInt8]
    /// Unix nanoseconds.
    var storedAt: Int64
    var expiresAt: Int64

    /// Bytes that an entry takes beside its key and its answer: a node of the list, a slot of the table, both of which may be
    /// twice as large as needed just after they grew, and the headers of two arrays.
    static let overhead = 384

    /// Bytes of memory that it takes under `key`.
    func cost(under key: CacheKey) -> Int { Self.overhead + key.bytes.capacity + bytes.capacity }

    /// A clock that was set back makes an answer old rather than young.
    func isFresh(at now: Int64) -> Bool { now >= storedAt && now < expiresAt }

    /// The same without memory that was reserved for more.
    func trimmed() -> CachedAnswer {
        guard bytes.capacity - bytes.count > bytes.count / 8 + 64 else { return self }
        var copy = self
        copy.bytes = Array(unsafeUninitializedCapacity: bytes.count) { buffer, count in
            // The buffer has room for `bytes.count` bytes, all of which are written here.
            count = buffer.update(fromContentsOf: bytes)
        }
        return copy
    }
}
