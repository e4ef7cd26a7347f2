import HTTPTransport
import Synchronization
import TenantFederation

@testable import QueryFrontend

/// One request as a target receives it.
struct ScriptedRequest: Sendable {
    /// The host of the target's URL.
    let target: String
    let tenant: String?
    let method: String
    let path: String
    /// The raw query, without `?`.
    let query: String
    let fields: HTTPFields
    let body: [UInt8]
    let deadline: ContinuousClock.Instant?
    /// 1 for the first request of this target, tenant and path.
    let attempt: Int

    /// `tenant@target`, or the target alone.
    var asker: String { tenant.map { $0 + "@" + target } ?? target }
    var label: String { "\(asker) \(method) \(path)" + (completesTraces ? " headers" : "") }

    /// True for a question for the headers of traces that others found.
    var completesTraces: Bool { parameter("q")?.hasSuffix("| by(trace:duration)") ?? false }

    func parameter(_ name: String) -> String? { (try? QueryItems(parsing: query))?.text(name) }
}

/// What a target answers.
struct ScriptedAnswer: Sendable {
    var status = 200
    var fields = HTTPFields()
    var body: [UInt8] = []

    init(status: Int = 200, fields: HTTPFields = HTTPFields(), body: [UInt8] = []) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    static func text(_ status: Int, _ text: String) -> ScriptedAnswer {
        ScriptedAnswer(
            status: status, fields: HTTPFields([("Content-Type", "text/plain; charset=utf-8")]), body: Array(text.utf8))
    }

    static func json(_ text: String) -> ScriptedAnswer {
        ScriptedAnswer(fields: HTTPFields([("Content-Type", "application/json")]), body: Array(text.utf8))
    }

    static func protobuf(_ bytes: [UInt8]) -> ScriptedAnswer {
        ScriptedAnswer(fields: HTTPFields([("Content-Type", "application/protobuf")]), body: bytes)
    }
}

/// Targets in memory: a closure answers for all of them; what they were asked is kept.
final class ScriptedTransport: UpstreamTransport {
    typealias Script = @Sendable (ScriptedRequest) async throws -> ScriptedAnswer

    private struct State {
        var requests: [ScriptedRequest] = []
        /// Labels in the order in which their answers were ready.
        var answered: [String] = []
        var inFlight = 0
        var mostInFlight = 0
        var cancelled = 0
        var watchers: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let script: Script
    private let state = Mutex(State())

    init(_ script: @escaping Script) { self.script = script }

    var requests: [ScriptedRequest] { state.withLock { $0.requests } }
    var answered: [String] { state.withLock { $0.answered } }
    var inFlight: Int { state.withLock { $0.inFlight } }
    var mostInFlight: Int { state.withLock { $0.mostInFlight } }
    var cancelled: Int { state.withLock { $0.cancelled } }

    /// Returns once `count` requests have come.
    func received(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.requests.count >= count { return true }
                state.watchers.append((count, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    func send(
        _ request: HTTPClientRequest, maxBodyBytes: Int, budget: ByteBudget
    ) async throws -> HTTPClientResult {
        let received = note(request)
        defer { state.withLock { $0.inFlight -= 1 } }
        do {
            let answer = try await script(received)
            state.withLock { $0.answered.append(received.label) }
            guard answer.body.count <= maxBodyBytes else {
                throw HTTPClientError(code: .bodyTooLarge, message: "the answer is larger than \(maxBodyBytes) bytes")
            }
            guard budget.take(answer.body.count) else { throw ByteBudgetExceeded(limit: budget.limit) }
            return HTTPClientResult(status: answer.status, fields: answer.fields, body: answer.body)
        } catch let error as CancellationError {
            state.withLock { $0.cancelled += 1 }
            throw error
        }
    }

    private func note(_ request: HTTPClientRequest) -> ScriptedRequest {
        let parts = request.target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let (received, ready) = state.withLock { state in
            let path = String(parts[0])
            let tenant = request.fields["X-Scope-OrgID"]
            let before = state.requests.count {
                $0.target == request.origin.host && $0.tenant == tenant && $0.path == path
            }
            let received = ScriptedRequest(
                target: request.origin.host, tenant: tenant, method: request.method, path: path,
                query: parts.count > 1 ? String(parts[1]) : "", fields: request.fields, body: request.body,
                deadline: request.deadline, attempt: before + 1)
            state.requests.append(received)
            state.inFlight += 1
            state.mostInFlight = max(state.mostInFlight, state.inFlight)
            let ready = state.watchers.filter { $0.count <= state.requests.count }
            state.watchers.removeAll { $0.count <= state.requests.count }
            return (received, ready.map(\.continuation))
        }
        for continuation in ready { continuation.resume() }
        return received
    }
}
