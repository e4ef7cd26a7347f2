import TempoAPI
import TenantFederation

/// The merge of three tenants' parts of a trace on one core, beside memcpy and beside decoding everything.
enum MergeBenchmark {
    static func run(spansPerTenant: Int) throws {
        let parts = SyntheticTrace.tenants.map { SyntheticTrace.response(tenant: $0, spanCount: spansPerTenant) }
        let inputBytes = parts.reduce(0) { $0 + $1.count }
        print("\nmerge 3 x \(spansPerTenant) spans, \(inputBytes) bytes in, one core")

        var sink = 0
        let copy = Measurement {
            var output: [UInt8] = []
            output.reserveCapacity(inputBytes)
            for part in parts { output.append(contentsOf: part) }
            sink &+= output.count
        }
        let protobuf = try Measurement {
            for chunk in try merge(parts).protobufResponse() { sink &+= chunk.count }
        }
        var jsonBytes = 0
        let json = try Measurement {
            jsonBytes = 0
            var chunks = try merge(parts).jsonResponse()
            while let chunk = try chunks.next() { jsonBytes += chunk.count }
        }
        let decoded = try Measurement(minimumRuns: 2) { sink &+= try decodeEverything(parts).protobuf.count }
        let decodedJSON = try Measurement(minimumRuns: 2) { sink &+= try decodeEverything(parts).json.count }

        let memory = try extraMemory(parts)
        Report.line("memcpy of the parts", Report.number(copy.megabytesPerSecond(inputBytes)) + " MB/s")
        Report.line(
            "protobuf to protobuf", Report.number(protobuf.megabytesPerSecond(inputBytes)) + " MB/s",
            "of input; wanted 500; \(Report.number(protobuf.seconds / copy.seconds, digits: 1)) x memcpy, "
                + "\(Report.number(decoded.seconds / protobuf.seconds, digits: 1)) times as fast as decoding everything"
        )
        Report.line(
            "protobuf to JSON", Report.number(json.megabytesPerSecond(jsonBytes)) + " MB/s",
            "of output (\(jsonBytes) bytes); wanted 150; "
                + "\(Report.number(decodedJSON.seconds / json.seconds, digits: 1)) times as fast as decoding everything"
        )
        if let memory {
            Report.line(
                "extra memory while merging", Report.number(Double(memory) / Double(inputBytes), digits: 2) + " x",
                "of the answer; wanted at most 1.5")
        }
        if sink == 0 { print("nothing was measured") }
    }

    private static func merge(_ parts: [[UInt8]]) throws -> MergedTrace {
        var combiner = TraceCombiner()
        for (rank, part) in parts.enumerated() {
            try combiner.fold(part, from: PartOrigin(tenantRank: rank, targetRank: 0))
        }
        return combiner.finish()
    }

    /// What a combiner does that builds an object for every span.
    private static func decodeEverything(_ parts: [[UInt8]]) throws -> TraceByIDResponse {
        struct Identity: Hashable {
            var id: [UInt8]
            var kind: Int32
        }
        var seen: Set<Identity> = []
        var merged = Trace()
        for part in parts {
            guard let trace = try TraceByIDResponse.decode(protobuf: part).trace else { continue }
            for var batch in trace.resourceSpans {
                for index in batch.scopeSpans.indices {
                    batch.scopeSpans[index].spans.removeAll {
                        !seen.insert(Identity(id: $0.spanID, kind: $0.kind.rawValue)).inserted
                    }
                    batch.scopeSpans[index].spans.sort { $0.startTimeUnixNano < $1.startTimeUnixNano }
                }
                merged.resourceSpans.append(batch)
            }
        }
        return TraceByIDResponse(trace: merged, metrics: TraceByIDMetrics())
    }

    /// How much the process grows while one merge is written out; nil where the system does not tell.
    private static func extraMemory(_ parts: [[UInt8]]) throws -> Int? {
        ResidentMemory.resetPeak()
        guard let before = ResidentMemory.current() else { return nil }
        var bytes = 0
        for chunk in try merge(parts).protobufResponse() { bytes &+= chunk.count }
        guard let peak = ResidentMemory.peak(), bytes > 0 else { return nil }
        return max(0, peak - before)
    }
}
