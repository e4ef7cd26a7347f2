extension TraceStore {
    /// Stores the spans of an OTLP export request and returns when they are durable. All of the request is checked before anything
    /// is stored; spans with bad ids are left out one by one and counted.
    /// - Throws: ``PushError``.
    package func push(_ body: [UInt8], encoding: OTLPEncoding, tenant name: String) async throws -> PushOutcome {
        let (outcome, ticket) =
            switch encoding {
            case .protobuf: try store(body, tenant: name)
            case .json: try store(transcode(body), tenant: name)
            }
        do throws(FileFailure) {
            try await ticket?.wait()
        } catch {
            throw PushError.storageFailed("the spans could not be written to disk: \(error.reason)")
        }
        return outcome
    }

    private func transcode(_ body: [UInt8]) throws(PushError) -> [UInt8] {
        try body.withUnsafeBufferPointer { buffer throws(PushError) in
            try OTLPJSONTranscoder.protobuf(UnsafeRawBufferPointer(buffer), limits: configuration.limits)
        }
    }

    /// - Returns: what to wait for; nil when there was nothing to store.
    private func store(_ body: [UInt8], tenant name: String) throws(PushError) -> (PushOutcome, LogBatch?) {
        let request = try body.withUnsafeBufferPointer { buffer throws(PushError) in
            try OTLPParser.parse(
                UnsafeRawBufferPointer(buffer), limits: configuration.limits, hash: tenants.textHash)
        }
        let rejected = request.rejected
        let outcome = PushOutcome(
            acceptedSpans: request.spans.count, rejectedSpans: rejected.count, message: rejected.message)
        guard !request.spans.isEmpty else { return (outcome, nil) }
        let now = clock()
        try checkRoom(now)
        let checksum = log.checksum(tenant: name, body: body)
        let limits = HeadLimits(configuration)
        while true {
            guard let tenant = tenants.findOrAdd(name) else {
                throw .overloaded("the limit of \(configuration.maxTenants) tenants is reached", retryAfterSeconds: 60)
            }
            let appended = body.withUnsafeBufferPointer { buffer in
                tenant.append(request, bytes: UnsafeRawBufferPointer(buffer), received: now, limits: limits) {
                    log.append(tenant: name, body: body, checksum: checksum, received: now)
                }
            }
            // A tenant that was retired just now is in the table no more.
            guard let appended else { continue }
            unsealedBytes.add(appended.growth)
            if appended.isFrozen { maintenance.schedule() }
            return (outcome, appended.ticket)
        }
    }

    /// Refuses early what could only pile up in memory.
    private func checkRoom(_ now: UInt64) throws(PushError) {
        if let failure = log.failure(now: now) {
            throw .storageFailed("spans cannot be written to disk: \(failure.reason)")
        }
        guard log.pendingBytes < configuration.maxPendingLogBytes else {
            throw .overloaded("too many pushes wait for the disk", retryAfterSeconds: 1)
        }
        guard unsealedBytes.value < configuration.maxUnsealedBytes else {
            throw .overloaded("too many spans wait to be written to segments", retryAfterSeconds: 5)
        }
    }
}
