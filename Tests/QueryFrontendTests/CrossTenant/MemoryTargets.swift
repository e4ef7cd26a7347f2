import HTTPTransport
import TempoAPI
import TestSupport
import TraceQL

@testable import QueryFrontend

/// Targets that hold traces in memory and answer searches and lookups as a Tempo does, each tenant from its own spans.
struct MemoryTargets: Sendable {
    /// A trace, or the part of one.
    struct Held: Sendable {
        var id: [UInt8]
        var trace: Trace
    }

    /// By asker: a tenant, or `tenant@target`.
    var tenants: [String: [Held]] = [:]

    /// Adds a part of a trace.
    mutating func add(_ part: TraceModel, to tenant: String) throws {
        guard !part.spans.isEmpty else { return }
        tenants[tenant, default: []].append(Held(id: part.id, trace: try Self.trace(part)))
    }

    /// Adds the spans of an OTLP request, whatever traces they belong to.
    mutating func add(otlp request: JSONValue, to tenant: String) throws {
        for batch in try Self.trace(otlpJSON: request.bytes()).resourceSpans {
            for scoped in batch.scopeSpans {
                for span in scoped.spans {
                    let alone = ResourceSpans(
                        resource: batch.resource, scopeSpans: [ScopeSpans(scope: scoped.scope, spans: [span])])
                    if let place = tenants[tenant]?.firstIndex(where: { $0.id == span.traceID }) {
                        tenants[tenant]?[place].trace.resourceSpans.append(alone)
                    } else {
                        tenants[tenant, default: []].append(
                            Held(id: span.traceID, trace: Trace(resourceSpans: [alone])))
                    }
                }
            }
        }
    }

    /// A trace as a Tempo decodes it from OTLP.
    static func trace(_ model: TraceModel) throws -> Trace {
        try trace(otlpJSON: TraceModel.otlpJSON([model]))
    }

    /// OTLP spells ids in hexadecimal, tempopb's JSON in base64.
    static func trace(otlpJSON bytes: [UInt8]) throws -> Trace {
        try Trace.decode(json: withBase64IDs(JSONValue(parsing: bytes)).bytes())
    }

    private static func withBase64IDs(_ value: JSONValue) -> JSONValue {
        switch value {
        case .array(let values): return .array(values.map(withBase64IDs))
        case .object(let members):
            var changed: [String: JSONValue] = [:]
            for (name, member) in members {
                if ["traceId", "spanId", "parentSpanId"].contains(name), let text = member.text {
                    changed[name] = .string(base64(text))
                } else {
                    changed[name] = withBase64IDs(member)
                }
            }
            return .object(changed)
        default: return value
        }
    }

    private static func base64(_ hex: String) -> String {
        var bytes: [UInt8] = []
        var rest = Array(hex.utf8)[...]
        while rest.count > 1 {
            bytes.append(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) ?? 0)
            rest = rest.dropFirst(2)
        }
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let number = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for place in 0..<4 {
                text.append(place <= group.count ? alphabet[number >> (18 - 6 * place) & 63] : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    // MARK: Answers

    func answer(_ request: ScriptedRequest) -> ScriptedAnswer {
        let held = tenants[request.asker] ?? tenants[request.tenant ?? ""] ?? []
        let lookup = "/api/v2/traces/"
        if request.path.hasPrefix(lookup) {
            let id = HexDigits.traceID(String(request.path.dropFirst(lookup.count)))
            let parts = held.filter { $0.id == id }.flatMap(\.trace.resourceSpans)
            return .protobuf(TraceByIDResponse(trace: Trace(resourceSpans: parts)).protobuf)
        }
        if request.path == "/api/metrics/query" || request.path == "/api/metrics/query_range" {
            do { return try metrics(request, held) } catch { return .text(400, "\(error)") }
        }
        guard request.path == "/api/search" else { return .text(404, "") }
        do {
            let tags = request.parameter("q") == nil ? try MemoryTagSearch(request) : nil
            return try search(try Query.parse(request.parameter("q") ?? "{}"), tags, request, held)
        } catch {
            return .text(400, "invalid TraceQL query: \(error)")
        }
    }

    private func search(
        _ query: Query, _ tags: MemoryTagSearch?, _ request: ScriptedRequest, _ held: [Held]
    ) throws -> ScriptedAnswer {
        func number(_ name: String) -> Int { request.parameter(name).flatMap { Int($0) } ?? 0 }
        let (start, end) = (UInt64(number("start")), UInt64(number("end")))
        let window = start > 0 ? start * 1_000_000_000...end * 1_000_000_000 : nil
        let evaluator = try TraceEvaluator(query, spansPerSpanSet: number("spss"), window: window)
        var found = CrossTenantMatches(limit: max(1, number("limit")), isNewestFirst: true)
        for item in held {
            switch evaluator.evaluate(item.trace.protobuf, traceID: item.id) {
            case .success(var match?):
                if let tags {
                    guard tags.matches(item.trace, header: match) else { continue }
                    (match.spanSets, match.spanSet, match.serviceStats) = ([], nil, [:])
                }
                found.insert(match)
            case .success(nil): break
            case .failure(let error): return .text(400, "\(error)")
            }
        }
        return .protobuf(
            SearchResponse(traces: found.traces, metrics: SearchMetrics(completedJobs: 1, totalJobs: 1)).protobuf)
    }
}
