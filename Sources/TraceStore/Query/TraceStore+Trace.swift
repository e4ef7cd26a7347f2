extension TraceStore {
    /// All spans of a trace that a tenant has, as the protobuf of a `tempopb.Trace`, each span once, in stored order: batches of equal
    /// resource and scope in the order in which they first arrived, spans in order of arrival.
    /// - Parameters:
    ///   - id: 16 bytes; of any other length it is not found.
    ///   - start: Unix nanoseconds; a trace that ended before is not found. Nil: no bound. Likewise `end` for traces that start after.
    ///   - maxBytes: a larger trace is not put together.
    /// - Throws: ``TraceTooLarge``; `CancellationError`.
    package func trace(
        _ id: [UInt8], tenant: String, start: UInt64? = nil, end: UInt64? = nil, maxBytes: Int = .max
    ) throws -> [UInt8]? {
        guard let id = TraceID(id), let snapshot = snapshot(tenant: tenant) else { return nil }
        try Task.checkCancellation()
        var gatherer = SpanGatherer(snapshot.views)
        guard gatherer.locate(id),
            StoreTimeWindow(start: start ?? 0, end: end ?? .max).overlaps(start: gatherer.start, end: gatherer.end)
        else { return nil }
        try gatherer.collect()
        return try TraceAssembly.encode(gatherer.spans, of: id, in: snapshot.views, maxBytes: maxBytes)
    }
}

/// A trace has more bytes than the question allows.
package struct TraceTooLarge: Error, Sendable, Equatable {
    package let maxBytes: Int
}
