import Synchronization

extension TraceStore {
    /// Stores the spans of an OTLP export request and returns when they are durable. All of the request is checked before anything
    /// is stored; spans with bad ids are left out one by one and counted.
    /// - Throws: ``PushError``.
    package func push(_ body: [UInt8], encoding: OTLPEncoding, tenant name: String) async throws -> PushOutcome {
        try store(body, encoding: encoding, tenant: name)
    }

    private func store(_ body: [UInt8], encoding: OTLPEncoding, tenant name: String) throws(PushError) -> PushOutcome {
        if encoding == .json {
            let protobuf = try body.withUnsafeBufferPointer { buffer throws(PushError) in
                try OTLPJSONTranscoder.protobuf(UnsafeRawBufferPointer(buffer), limits: configuration.limits)
            }
            return try store(protobuf, encoding: .protobuf, tenant: name)
        }
        return try body.withUnsafeBufferPointer { buffer throws(PushError) in
            let bytes = UnsafeRawBufferPointer(buffer)
            let request = try OTLPParser.parse(bytes, limits: configuration.limits, hash: tenants.textHash)
            let rejected = request.rejected
            let outcome = PushOutcome(
                acceptedSpans: request.spans.count, rejectedSpans: rejected.count, message: rejected.message)
            guard !request.spans.isEmpty else { return outcome }
            guard unsealedBytes.load(ordering: .relaxed) < configuration.maxUnsealedBytes else {
                throw .overloaded("too many spans wait to be written to disk", retryAfterSeconds: 5)
            }
            guard let tenant = tenants.findOrAdd(name) else {
                throw .overloaded("the limit of \(configuration.maxTenants) tenants is reached", retryAfterSeconds: 60)
            }
            let limits = HeadLimits(maxSpans: configuration.maxHeadSpans, maxBytes: configuration.maxHeadBytes)
            let appended = tenant.append(request, bytes: bytes, received: clock(), limits: limits) { (1, ()) }
            unsealedBytes.wrappingAdd(appended.growth, ordering: .relaxed)
            return outcome
        }
    }
}
