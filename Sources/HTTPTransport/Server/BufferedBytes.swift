import Synchronization

/// A growing array behind a lock.
final class BufferedBytes: Sendable {
    private let storage = Mutex<[UInt8]>([])

    var bytes: [UInt8] { storage.withLock { $0 } }

    /// Appends unless the total would pass `limit`.
    func append(_ more: [UInt8], limit: Int) -> Bool {
        storage.withLock { storage in
            guard storage.count + more.count <= limit else { return false }
            storage += more
            return true
        }
    }
}
