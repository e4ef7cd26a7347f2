import TempoAPI
import TestSupport

@testable import TenantFederation

/// Feeds a recorded case to our combiners, in the settings that stand for queriers.
enum CombiningCaseRunner {
    typealias Case = CombiningCaseTests.Case

    /// What a combiner never sees: failed parts, undecodable bodies, streams, and forms of output that are chosen elsewhere.
    static func isLeftToTheFrontend(_ item: Case) -> Bool {
        for key in ["error", "grpcError", "messages", "packets"] where item.expected[key] != nil { return true }
        if let type = item.expected["contentType"]?.text, type.hasSuffix("llm+json") { return true }
        return item.inputs.contains { input in
            guard let status = input["$status"]?.integer else { return false }
            if status == 404, item.endpoint.hasPrefix("trace") { return false }
            return status != 200 || (input["$json"] == nil && item.endpoint != "traceById")
        }
    }

    private struct Input {
        var origin: PartOrigin
        var json: JSONValue
        var isCacheHit: Bool
        var jobs: JSONValue?
    }

    static func run(_ item: Case, backwards: Bool = false) throws -> JSONValue {
        var inputs: [Input] = []
        for (i, input) in item.inputs.enumerated() {
            if input["$status"]?.integer == 404 { continue }
            let isWrapped = input["$status"] != nil
            inputs.append(
                Input(
                    origin: PartOrigin(tenantRank: i, targetRank: 0),
                    json: isWrapped ? input["$json"] ?? .object([:]) : input,
                    isCacheHit: input["$headers"]?["X-Tempo-Cache"]?.text == "HIT", jobs: input["$jobs"]))
        }
        if backwards { inputs.reverse() }
        switch item.endpoint {
        case "traceById", "traceByIdV2": return try trace(item, inputs)
        case "search": return try search(item, inputs)
        default: return try tags(item, inputs)
        }
    }

    private static func answer(_ item: Case, _ message: some WireMessage) throws -> JSONValue {
        if item.params["accept"]?.text?.contains("protobuf") == true {
            return .object(["status": .number(200), "protobufBytes": .number(Double(message.protobufSize))])
        }
        return .object(["status": .number(200), "json": try JSONValue(parsing: message.json)])
    }

    private static func trace(_ item: Case, _ inputs: [Input]) throws -> JSONValue {
        var combiner = TraceCombiner(
            options: .init(maxBytes: Int(item.params["maxBytes"]?.integer ?? 0), emptyTraceCounts: true))
        for input in inputs {
            let message = try TraceByIDResponse.decode(json: input.json.bytes())
            try combiner.fold(message.protobuf, from: input.origin, isCacheHit: input.isCacheHit)
        }
        let merged = combiner.finish()
        let isV1 = item.endpoint == "traceById"
        if isV1, inputs.isEmpty { return .object(["status": .number(404), "text": .string("")]) }
        if isV1, let text = merged.tooLargeText { return .object(["status": .number(422), "text": .string(text)]) }
        let protobuf = merged.protobuf(isV1)
        if item.params["accept"]?.text == "application/protobuf" {
            return .object(["status": .number(200), "protobufBytes": .number(Double(protobuf.count))])
        }
        return .object(["status": .number(200), "json": try JSONValue(parsing: merged.json(isV1))])
    }

    private static func search(_ item: Case, _ inputs: [Input]) throws -> JSONValue {
        var combiner = SearchCombiner(
            options: .init(
                limit: Int(item.params["limit"]?.integer ?? 0), padTraceIDs: item.params["padTraceIDs"] == .bool(true),
                partsAreJobs: true))
        for input in inputs {
            if let jobs = input.jobs {
                combiner.addJobs(
                    totalBlocks: UInt32(jobs["totalBlocks"]?.integer ?? 0),
                    totalJobs: UInt32(jobs["totalJobs"]?.integer ?? 0),
                    totalBlockBytes: UInt64(jobs["totalBlockBytes"]?.integer ?? 0))
            } else {
                combiner.fold(
                    try .decode(json: input.json.bytes()), from: input.origin, isCacheHit: input.isCacheHit)
            }
        }
        return try answer(item, combiner.finish())
    }

    private static func tags(_ item: Case, _ inputs: [Input]) throws -> JSONValue {
        let limits = TagLimits(
            maxBytes: Int(item.params["maxBytes"]?.integer ?? 0), maxCount: Int(item.params["limit"]?.integer ?? 0))
        let scope = item.params["scope"]?.text ?? ""
        switch item.endpoint {
        case "searchTags":
            var combiner = TagNamesCombiner(limits: limits, preloadsIntrinsics: scope == "intrinsic")
            for input in inputs { combiner.fold(try .decode(json: input.json.bytes()), from: input.origin) }
            return try answer(item, combiner.finish().response)
        case "searchTagsV2":
            var combiner = ScopedTagsCombiner(
                limits: limits, preloadsIntrinsics: ["", "none", "intrinsic"].contains(scope))
            for input in inputs { combiner.fold(try .decode(json: input.json.bytes()), from: input.origin) }
            return try answer(item, combiner.finish().response)
        case "searchTagValues":
            var combiner = TagValuesCombiner(limits: limits)
            for input in inputs { combiner.fold(try .decode(json: input.json.bytes()), from: input.origin) }
            return try answer(item, combiner.finish().response)
        default:
            var combiner = TypedTagValuesCombiner(limits: limits)
            for input in inputs { combiner.fold(try .decode(json: input.json.bytes()), from: input.origin) }
            return try answer(item, combiner.finish().response)
        }
    }
}

extension MergedTrace {
    func protobuf(_ isV1: Bool) -> [UInt8] {
        (isV1 ? protobufTrace() : protobufResponse()).reduce(into: []) { $0 += $1 }
    }

    func json(_ isV1: Bool) throws -> [UInt8] {
        var chunks = isV1 ? try jsonTrace() : try jsonResponse()
        var bytes: [UInt8] = []
        while let chunk = try chunks.next() { bytes += chunk }
        return bytes
    }
}
