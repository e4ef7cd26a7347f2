import Synchronization

/// A body in memory: one piece.
final class BytesSource: HTTPBodySource {
    private let rest: Mutex<[UInt8]?>

    init(_ bytes: [UInt8]) {
        rest = Mutex(bytes.isEmpty ? nil : bytes)
    }

    func nextChunk() async throws -> [UInt8]? {
        rest.withLock { rest in
            let chunk = rest
            rest = nil
            return chunk
        }
    }
}

/// A body made by a closure; empty pieces are skipped.
struct ClosureSource: HTTPBodySource {
    let next: @Sendable () async throws -> [UInt8]?

    func nextChunk() async throws -> [UInt8]? {
        while let chunk = try await next() {
            if !chunk.isEmpty { return chunk }
        }
        return nil
    }
}
