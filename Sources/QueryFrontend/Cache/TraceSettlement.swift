import TempoAPI
import TenantFederation

/// What the bytes of a looked-up trace say about whether more may come.
struct TraceSettlement: Equatable {
    /// The end of the span that ends last, in nanoseconds since 1970; nil without a span.
    private(set) var newestEnd: UInt64?
    /// The target says that it gave a part.
    private(set) var isPartial = false

    /// nil: the bytes are no trace.
    init?(_ answer: TraceAnswer) {
        do throws(WireError) {
            switch answer {
            case .notFound: return
            case .response(let bytes): try read(bytes, isResponse: true)
            case .trace(let bytes): try read(bytes, isResponse: false)
            }
        } catch {
            return nil
        }
    }

    private mutating func read(_ bytes: [UInt8], isResponse: Bool) throws(WireError) {
        var result = self
        // The reader checks every offset against the memory, which outlives it: it is made and dropped in this closure.
        try bytes.withUnsafeBufferPointer { buffer throws(WireError) in
            let memory = UnsafeRawBufferPointer(buffer)
            if isResponse { try result.readResponse(memory) } else { try result.readTrace(memory, 0..<memory.count) }
        }
        self = result
    }

    private mutating func readResponse(_ memory: UnsafeRawBufferPointer) throws(WireError) {
        var reader = ProtobufReader(memory)
        while let field = try reader.next() {
            switch field.number {
            case 1: try readTrace(memory, field.content())
            case 3: if try field.scalar(.varint) != 0 { isPartial = true }
            case 4: if try !field.content().isEmpty { isPartial = true }
            default: break
            }
        }
    }

    /// Batches, their scopes, their spans.
    private mutating func readTrace(_ memory: UnsafeRawBufferPointer, _ range: Range<Int>) throws(WireError) {
        var batches = ProtobufReader(memory, range: range)
        while let batch = try batches.next() {
            guard batch.number == 1 else { continue }
            var scopes = ProtobufReader(memory, range: try batch.content())
            while let scope = try scopes.next() {
                guard scope.number == 2 else { continue }
                var spans = ProtobufReader(memory, range: try scope.content())
                while let span = try spans.next() {
                    guard span.number == 2 else { continue }
                    try readSpan(memory, span.content())
                }
            }
        }
    }

    private mutating func readSpan(_ memory: UnsafeRawBufferPointer, _ range: Range<Int>) throws(WireError) {
        var fields = ProtobufReader(memory, range: range)
        var end: UInt64 = 0
        while let field = try fields.next() {
            // A span that was not ended yet has a start only.
            guard field.number == 7 || field.number == 8 else { continue }
            end = max(end, try field.scalar(.fixed64))
        }
        newestEnd = max(newestEnd ?? 0, end)
    }
}
