import Foundation
import HTTPTransport
import TempoAPI

/// Answers as the recorded Tempo did, and says 501 with a list of what it holds to everything else.
struct ReplayHandler: Sendable {
    let recordings: Recordings
    /// Whose answers a request without X-Scope-OrgID gets, as from a Tempo without multitenancy; nil: it is refused.
    var defaultTenant: String?

    func respond(to request: HTTPServerRequest) -> HTTPResponse {
        let parts = request.target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let query = Query(parts.count == 2 ? String(parts[1]) : "")
        guard let path = parts[0].removingPercentEncoding else { return .text(400, "bad path") }
        switch path {
        case "/ready": return .text(200, "ready\n")
        case "/api/echo": return .text(200, "echo\n", noSniff: true)
        case "/api/status/buildinfo":
            return .answer(
                Recording(
                    status: 200, contentType: "application/json",
                    body: Array(
                        #"{"version":"","revision":"","branch":"","buildUser":"","buildDate":"","goVersion":""}"#.utf8)
                        + [10]))
        default: break
        }
        guard let endpoint = Endpoint(path: path) else { return .text(404, "404 page not found\n", noSniff: true) }
        let named = request.fields["X-Scope-OrgID"] ?? ""
        guard let tenant = named.isEmpty ? defaultTenant : named else {
            return .text(401, "no org id\n", noSniff: true)
        }
        if tenant.contains("|") {
            return .text(
                501, "this stand-in answers one tenant at a time: \(recordings.tenants.joined(separator: ", "))")
        }
        let isProtobuf = (request.fields["Accept"] ?? "").contains("application/protobuf")
        do {
            return try answer(
                endpoint, path: path, query: query, tenant: tenant, form: isProtobuf ? .protobuf : .json)
        } catch {
            return .text(500, "the recording cannot be cut: \(error)")
        }
    }

    private func answer(
        _ endpoint: Endpoint, path: String, query: Query, tenant: String, form: Recordings.Form
    ) throws -> HTTPResponse {
        var path = path
        if case .trace(let prefix, let id) = endpoint {
            guard let normal = Self.traceID(id) else {
                // The recorded refusal quotes the recorded id, so only that one can be replayed.
                return try recordings.answer(tenant: tenant, Question(path: path, parameters: [:]), form: form)
                    .map(HTTPResponse.answer) ?? .text(400, "trace IDs can only contain hex characters")
            }
            path = prefix + normal
        }
        if case .search = endpoint, let problem = Self.searchProblem(query) { return .text(400, problem) }
        let question = Question(path: path, parameters: query.values)
        guard recordings.knows(tenant: tenant) else { return .answer(endpoint.empty(form)) }
        guard let recording = try recorded(question, tenant: tenant, form: form) else {
            // A trace that the recorded Tempo did not have is not found; one that it had may lack a recording.
            if case .trace(let prefix, _) = endpoint, question.parameters.isEmpty,
                !recordings.foundTraceIDs.contains(String(path.dropFirst(prefix.count)))
            {
                return .answer(endpoint.empty(form))
            }
            return notHeld(question, endpoint, tenant: tenant)
        }
        guard recording.status == 200 else { return .answer(recording) }
        if let window = Window(query), let refusal = check(window, endpoint, form) { return refusal }
        switch endpoint {
        case .search:
            return .answer(
                try Cutting.search(
                    recording, limit: query["limit"].flatMap(Int.init) ?? 20,
                    spansPerSpanSet: query["spss"].flatMap(Int.init) ?? 3))
        case .list:
            return .answer(
                try Cutting.list(recording, path: path, limit: query["limit"].flatMap(Int.init) ?? 0))
        case .trace, .metrics: return .answer(recording)
        }
    }

    private func recorded(_ question: Question, tenant: String, form: Recordings.Form) throws -> Recording? {
        if let answer = try recordings.answer(tenant: tenant, question, form: form) { return answer }
        guard let headers = TraceHeaders(question),
            let everything = try recordings.answer(tenant: tenant, TraceHeaders.everything, form: form)
        else { return nil }
        return try headers.answer(from: everything)
    }

    /// nil when the recording is the answer for this window.
    private func check(_ window: Window, _ endpoint: Endpoint, _ form: Recordings.Form) -> HTTPResponse? {
        switch endpoint {
        case .trace:
            return nil
        case .metrics:
            if window.start == Window.recorded.start, window.end == Window.recorded.end { return nil }
            return .text(
                501, "metrics were recorded with start=\(Window.recorded.start)&end=\(Window.recorded.end) only")
        case .search, .list:
            if window.covers(.spans) { return nil }
            if window.misses(.spans) { return .answer(endpoint.empty(form)) }
            return .text(
                501,
                "start and end must cover \(Window.spans.start) to \(Window.spans.end), or lie outside of it")
        }
    }

    private func notHeld(_ question: Question, _ endpoint: Endpoint, tenant: String) -> HTTPResponse {
        let held = recordings.questions(tenant: tenant) { endpoint.isSameKind(as: Endpoint(path: $0)) }
        return .text(
            501,
            "not recorded: \(question.text)\nheld for tenant \(tenant) at this endpoint (start, end, limit and spss are free):\n"
                + held.joined(separator: "\n") + "\n")
    }

    /// 32 lower-case hex digits, nil when the text is no trace id.
    static func traceID(_ text: String) -> String? {
        let isHex = text.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
        }
        guard !text.isEmpty, text.utf8.count <= 32, isHex else { return nil }
        return String(repeating: "0", count: 32 - text.utf8.count) + text.lowercased()
    }

    /// The refusals of a search that do not depend on the data, in Tempo's order.
    private static func searchProblem(_ query: Query) -> String? {
        for name in ["start", "end", "limit", "spss"] {
            guard let text = query[name] else { continue }
            let isNumber = text.utf8.allSatisfy { (0x30...0x39).contains($0) }
            if !isNumber || UInt32(text) == nil {
                let reason = isNumber ? "value out of range" : "invalid syntax"
                return "invalid \(name): strconv.ParseUint: parsing \"\(text)\": \(reason)"
            }
            if name == "limit", UInt32(text) == 0 { return "invalid limit: must be a positive number" }
        }
        let start = query["start"].flatMap(Int.init) ?? 0
        let end = query["end"].flatMap(Int.init) ?? 0
        if start != 0 || end != 0, end <= start {
            return "http parameter start must be before end. received start=\(start) end=\(end)"
        }
        let spans = query["spss"].flatMap(Int.init) ?? 3
        return spans > 100 ? "spans per span set exceeds 100. received \(spans)" : nil
    }
}

/// The endpoints that were recorded.
enum Endpoint: Sendable {
    case trace(prefix: String, id: String)
    case search
    case list(path: String)
    case metrics(path: String)

    init?(path: String) {
        for prefix in ["/api/traces/", "/api/v2/traces/"] where path.hasPrefix(prefix) {
            let id = String(path.dropFirst(prefix.count))
            guard !id.isEmpty, !id.contains("/") else { return nil }
            self = .trace(prefix: prefix, id: id)
            return
        }
        switch path {
        case "/api/search": self = .search
        case "/api/search/tags", "/api/v2/search/tags": self = .list(path: path)
        case "/api/metrics/query_range", "/api/metrics/query": self = .metrics(path: path)
        case let path
        where path.hasSuffix("/values")
            && (path.hasPrefix("/api/search/tag/") || path.hasPrefix("/api/v2/search/tag/")):
            self = .list(path: path)
        default: return nil
        }
    }

    func isSameKind(as other: Endpoint?) -> Bool {
        switch (self, other) {
        case (.trace(let left, _), .trace(let right, _)): left == right
        case (.search, .search): true
        case (.list(let left), .list(let right)):
            left.hasPrefix("/api/v2/") == right.hasPrefix("/api/v2/") && left.hasSuffix("s") == right.hasSuffix("s")
                && left.hasSuffix("/values") == right.hasSuffix("/values")
        case (.metrics(let left), .metrics(let right)): left == right
        default: false
        }
    }

    /// What Tempo says for a tenant or a window without data.
    func empty(_ form: Recordings.Form) -> Recording {
        func message(_ message: some WireMessage) -> Recording {
            Recording(
                status: 200, contentType: form == .protobuf ? "application/protobuf" : "application/json",
                body: form == .protobuf ? message.protobuf : message.json)
        }
        switch self {
        case .trace(let prefix, _):
            return prefix == "/api/traces/"
                ? Recording(status: 404, contentType: "", body: [])
                : message(TraceByIDResponse(trace: Trace(), metrics: TraceByIDMetrics()))
        case .search:
            return message(SearchResponse(metrics: SearchMetrics(completedJobs: 3, totalJobs: 3)))
        case .list("/api/search/tags"): return message(SearchTagsResponse(metrics: MetadataMetrics()))
        case .list("/api/v2/search/tags"): return message(SearchTagsV2Response(metrics: MetadataMetrics()))
        case .list(let path):
            return path.hasPrefix("/api/v2/")
                ? message(SearchTagValuesV2Response(metrics: MetadataMetrics()))
                : message(SearchTagValuesResponse(metrics: MetadataMetrics()))
        case .metrics(let path):
            let text = path.hasSuffix("query_range") ? #"{"series":[],"metrics":{}}"# : #"{"metrics":{}}"#
            return Recording(status: 200, contentType: "application/json", body: Array(text.utf8))
        }
    }
}

extension HTTPResponse {
    static func text(_ status: Int, _ text: String, noSniff: Bool = false) -> HTTPResponse {
        var fields = HTTPFields([("Content-Type", "text/plain; charset=utf-8")])
        if noSniff { fields.append("X-Content-Type-Options", "nosniff") }
        return HTTPResponse(status: status, fields: fields, body: .bytes(Array(text.utf8)))
    }

    static func answer(_ recording: Recording) -> HTTPResponse {
        var fields = HTTPFields()
        if !recording.contentType.isEmpty { fields.append("Content-Type", recording.contentType) }
        return HTTPResponse(
            status: recording.status, fields: fields, body: .bytes(recording.body), compressible: true)
    }
}
