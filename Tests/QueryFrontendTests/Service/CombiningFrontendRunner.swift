import HTTPTransport
import TempoAPI

@testable import QueryFrontend
import TestSupport

/// Runs a recorded case of Tempo's whole frontend against ours. What a querier answered there, a public Tempo answers
/// here, so a tenant's jobs are put together first and a search says how many jobs it was.
enum CombiningFrontendRunner {
    typealias Case = CombiningFrontendTests.Case

    /// The keys of `expected` that are compared.
    static let comparedKeys = [
        "status", "contentType", "json", "text", "protobufBytes", "requestsPerTenant", "subRequestHeaders",
        "transportError",
    ]

    static func run(_ item: Case) async throws -> JSONValue {
        let gate = Gate()
        let harness = try ServiceHarness(config(item)) { request in try await answer(request, item, gate) }
        var fields: [(String, String)] = []
        if let tenant = item.params["X-Scope-OrgID"]?.text { fields.append(("X-Scope-OrgID", tenant)) }
        if case .object(let headers)? = item.params["headers"] {
            for (name, value) in headers.sorted(by: { $0.key < $1.key }) { fields.append((name, value.text ?? "")) }
        }
        let target = item.params["path"]?.text ?? ""
        let response: ServiceAnswer
        if item.params["cancelAfterMs"] != nil {
            response = try await cancelled(harness, target, fields)
        } else {
            response = try await harness.send("GET", target, fields: fields)
        }
        return try described(item, harness, response)
    }

    /// Cancels the query once every tenant was asked.
    private static func cancelled(
        _ harness: ServiceHarness, _ target: String, _ fields: [(String, String)]
    ) async throws -> ServiceAnswer {
        try await withThrowingTaskGroup(of: ServiceAnswer.self) { group in
            group.addTask { try await harness.send("GET", target, fields: fields) }
            await harness.transport.received(2)
            group.cancelAll()
            guard let answer = try await group.next() else { throw CancellationError() }
            return answer
        }
    }

    private static func config(_ item: Case) -> String {
        var settings: [String] = []
        if case .object(let changes)? = item.params["config"] {
            settings += changes.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.compact)" }
        }
        // A deadline that has passed as soon as it is set stands for every shorter wait than the answer takes.
        if item.params["apiTimeoutMs"] != nil { settings.append("api_timeout: 1ns") }
        return ServiceHarness.oneTarget + "\nquery_frontend: {\(settings.joined(separator: ", "))}\n"
    }

    // MARK: Answers of the targets

    private static func answer(_ request: ScriptedRequest, _ item: Case, _ gate: Gate) async throws -> ScriptedAnswer {
        if item.params["cancelAfterMs"] != nil { try await gate.wait() }
        if item.params["apiTimeoutMs"] != nil {
            throw HTTPClientError(code: .deadlineExceeded, message: "the deadline passed")
        }
        let own = item.inputs.filter { input in
            input["$tenant"]?.text == request.tenant && !(input["$firstOnly"] == .bool(true) && request.attempt > 1)
        }
        // The recordings know no tenant that holds another part of a trace.
        guard let first = own.first, !request.completesTraces else { return .json(#"{"traces":[],"metrics":{}}"#) }
        if let error = first["$goError"]?.text { return try failure(error, item) }
        let status = first["$status"]?.status ?? 200
        if item.endpoint.hasPrefix("trace") { return try trace(own) }
        guard status == 200 else { return .text(status, first["$text"]?.text ?? "") }
        guard let body = first["$json"] else { return .json("") }
        if let verbatim = body.text { return .json(verbatim) }
        return .json((item.endpoint == "search" ? withJobs(body) : body).compact)
    }

    /// What a Go error of a call to a querier looks like from outside.
    private static func failure(_ text: String, _ item: Case) throws -> ScriptedAnswer {
        switch text {
        case "too many outstanding requests" where item.params["config"]?["max_retries"] != nil:
            return .text(500, text + "\n")
        case "too many outstanding requests": return .text(429, "job queue full")
        case "rpc error: code = Code(413) desc = too big": return .text(413, "too big")
        case "rpc error: code = Code(502) desc = bad gw": return .text(502, "bad gw")
        case "context deadline exceeded": return .text(504, text)
        default: throw HTTPClientError(code: .connectionClosed, message: text)
        }
    }

    /// The jobs of one tenant in one answer.
    private static func trace(_ inputs: [JSONValue]) throws -> ScriptedAnswer {
        let failed = inputs.first { ![200, 404].contains($0["$status"]?.status ?? 200) }
        if let failed { return .text(failed["$status"]?.status ?? 500, failed["$text"]?.text ?? "") }
        let found = inputs.filter { $0["$status"]?.integer != 404 }
        guard !found.isEmpty else { return .text(404, inputs[0]["$text"]?.text ?? "") }
        var whole = TraceByIDResponse(trace: Trace(), metrics: TraceByIDMetrics())
        for input in found {
            let part = try TraceByIDResponse.decode(json: (input["$json"] ?? .object([:])).bytes())
            whole.trace?.resourceSpans += part.trace?.resourceSpans ?? []
            whole.metrics?.inspectedBytes += part.metrics?.inspectedBytes ?? 0
        }
        return .protobuf(whole.protobuf)
    }

    private static func withJobs(_ body: JSONValue) -> JSONValue {
        guard case .object(var members) = body else { return body }
        var metrics: [String: JSONValue] = [:]
        if case .object(let given)? = members["metrics"] { metrics = given }
        metrics["completedJobs"] = .number(1)
        metrics["totalJobs"] = .number(1)
        members["metrics"] = .object(metrics)
        return .object(members)
    }

    // MARK: Comparison

    /// The recordings do not tell the time window of a URL.
    private static func masked(_ text: String) -> String {
        text.replacing("end=\(ServiceHarness.unixSeconds - 30)", with: "end=<unix seconds>")
            .replacing("start=\(ServiceHarness.unixSeconds - 900)", with: "start=<unix seconds>")
    }

    private static func described(
        _ item: Case, _ harness: ServiceHarness, _ response: ServiceAnswer
    ) throws -> JSONValue {
        var found: [String: JSONValue] = ["status": .number(Double(response.status))]
        if let type = response.fields["Content-Type"] { found["contentType"] = .string(type) }
        switch response.fields["Content-Type"] {
        case "application/json"?: found["json"] = try JSONValue(parsing: response.body)
        case "application/protobuf"?: found["protobufBytes"] = .number(Double(response.body.count))
        default: found["text"] = .string(masked(response.text))
        }
        let requests = harness.transport.requests.filter { !$0.completesTraces }
        // The jobs of a trace and tenants without blocks are the target's affair.
        let isOurs =
            item.expected["requestsPerTenant"] != nil && item.name != "fe_search_nothing_to_query"
            && !(item.endpoint.hasPrefix("trace") && !requests.isEmpty)
        if isOurs {
            let counts = Dictionary(grouping: requests) { $0.tenant ?? "" }.mapValues { Double($0.count) }
            found["requestsPerTenant"] = .object(counts.mapValues { .number($0) })
        } else if let recorded = item.expected["requestsPerTenant"] {
            found["requestsPerTenant"] = recorded
        }
        if item.expected["subRequestHeaders"] != nil, let request = requests.first {
            // Tempo's call has no User-Agent, since it is no HTTP request.
            let fields = request.fields.filter { $0.name != "User-Agent" }.map { field in
                (field.name == "X-Scope-OrgID" ? "X-Scope-Orgid" : field.name) + ": " + field.value
            }
            found["subRequestHeaders"] = .string(fields.sorted().joined(separator: "; "))
        }
        return .object(found)
    }

    /// Whether an answer is the recorded one, or one of those that were observed.
    static func isRecorded(_ ours: JSONValue, _ expected: JSONValue) -> Bool {
        if let alternatives = expected["oneOf"]?.elements, !alternatives.isEmpty {
            return alternatives.contains { isRecorded(ours, $0) }
        }
        return comparedKeys.allSatisfy { key in
            if key == "requestsPerTenant", expected[key] == nil { return true }
            return ours[key] == expected[key]
        }
    }
}

extension JSONValue {
    /// The number of a status line.
    fileprivate var status: Int? { integer.flatMap { Int(exactly: $0) } }
}
