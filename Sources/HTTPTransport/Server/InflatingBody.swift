import Synchronization

/// A gzip body, decompressed as it is read and bounded by what comes out.
final class InflatingBody: HTTPBodySource {
    private struct State {
        var decoder: GzipDecoder?
        var produced = 0
    }

    private let source: ConnectionBody
    private let limit: Int
    private let state: Mutex<State>

    init(_ source: ConnectionBody, limit: Int) {
        self.source = source
        self.limit = limit
        state = Mutex(State(decoder: GzipDecoder()))
    }

    func nextChunk() async throws -> [UInt8]? {
        do {
            while true {
                if let piece = try pull() { return piece }
                guard let more = try await source.nextChunk() else {
                    guard state.withLock({ $0.decoder?.isComplete ?? false }) else {
                        throw HTTPBodyError(code: .malformed, message: "gzip data ends early")
                    }
                    return nil
                }
                state.withLock { $0.decoder?.feed(more) }
            }
        } catch let error as HTTPBodyError {
            source.report(error)
            throw error
        }
    }

    private func pull() throws -> [UInt8]? {
        try state.withLock { state throws -> [UInt8]? in
            do throws(GzipError) {
                guard let piece = try state.decoder?.next() else { return nil }
                state.produced += piece.count
                guard state.produced <= limit else {
                    throw GzipError(code: .tooLarge, message: "request body is larger than \(limit) bytes")
                }
                return piece
            } catch {
                throw HTTPBodyError(code: error.code == .tooLarge ? .tooLarge : .malformed, message: error.message)
            }
        }
    }
}
