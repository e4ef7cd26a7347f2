import HTTPTransport
import TempoAPI
import TenantFederation

/// HTTP exchanges with one target: request fields, attempts, deadlines, accounts and what an answer's status means.
final class TargetExchange: Sendable {
    let target: FederationConfiguration.ProxyTarget
    let state = TargetState()
    /// What was learned of the target, and what follows for the next request.
    let health: TargetHealth
    let transport: any UpstreamTransport
    let environment: TargetEnvironment
    let retryPolicy: RetryPolicy
    /// nil: any number of requests at once.
    let gate: ConcurrencyGate?
    let metrics: TargetMetrics
    private let ownFields: [(String, String)]
    private let origin: HTTPOrigin
    private let tls: TLSClientContext?
    private let connectTimeout: Duration
    let credentials: TargetCredentials
    /// True when the target's own settings hold an Authorization, so that the caller's never goes there.
    let hasOwnAuthorization: Bool
    private static let userAgent = BuildInformation().name + "/" + BuildInformation().version

    init(
        target: FederationConfiguration.ProxyTarget, transport: any UpstreamTransport, maxRetries: Int,
        connectTimeout: Duration, environment: TargetEnvironment, metrics: FrontendMetrics,
        credentials: TargetCredentials? = nil, tls: TLSClientContext? = nil
    ) {
        self.target = target
        self.transport = transport
        self.environment = environment
        self.metrics = TargetMetrics(name: target.name, metrics: metrics)
        self.connectTimeout = connectTimeout
        let resilience = target.resilience
        health = TargetHealth(resilience, circuitGauge: metrics.upstreamBreakerState.with(target.name))
        retryPolicy = RetryPolicy(maxAttempts: max(1, resilience.retries ?? maxRetries))
        gate = resilience.maxConcurrent > 0 ? ConcurrencyGate(places: resilience.maxConcurrent) : nil
        origin = HTTPOrigin(scheme: target.url.scheme, host: target.url.host, port: target.url.port)
        self.tls = tls
        var ownFields = target.headers.map { ($0.name, $0.value.reveal()) }
        let credentials = credentials ?? TargetCredentials(target)
        self.credentials = credentials
        if credentials.isSet { ownFields.removeAll { $0.0.lowercased() == "authorization" } }
        hasOwnAuthorization = credentials.isSet || ownFields.contains { $0.0.lowercased() == "authorization" }
        self.ownFields = ownFields
    }

    /// True when the caller's Authorization goes to this target.
    func sendsCallersAuthorization(_ forwarded: [ForwardedField]) -> Bool {
        !hasOwnAuthorization && target.forwardAuthorization
            && forwarded.contains { $0.name.lowercased() == "authorization" }
    }

    /// One sub-request with all its attempts, none of which goes past the deadline.
    /// - Parameter isProbe: it asks about the target rather than for a query: it is sent once, and how it ends tells the circuit
    ///   nothing.
    /// - Returns: the last answer, whatever its status.
    func send(
        method: String = "GET", path: String, parameters: [QueryParameter] = [], rawQuery: String? = nil,
        accept: String = "application/protobuf", extraFields: [(String, String)] = [], body: [UInt8] = [],
        operation: Operation, isProbe: Bool = false, _ context: SubRequestContext
    ) async throws -> HTTPClientResult {
        let started = environment.clock.now
        let deadline = min(context.deadline, started + target.timeout)
        var query = rawQuery ?? QueryItems(parameters.map { ($0.name, $0.value) }).encoded
        if !query.isEmpty { query = "?" + query }
        let request = HTTPClientRequest(
            method: method, origin: origin, target: target.url.pathPrefix + path + query,
            fields: fields(accept: accept, extraFields, context), body: body, connectTimeout: connectTimeout,
            firstByteTimeout: target.timeout, deadline: deadline, tls: tls)
        // What may have changed something there is not done twice.
        let call = Call(
            request: request, operation: operation, deadline: deadline,
            isIdempotent: method == "GET" || method == "HEAD", isProbe: isProbe, context: context)
        state.began()
        metrics.began()
        let retriesBefore = context.account.retries
        do {
            let attempt = try await attempts(call)
            let retries = context.account.retries - retriesBefore
            switch attempt {
            case .answer(let result):
                finish(started, operation, status: "\(result.status)", retries, error: nil, result: result)
                return result
            case .failed(let error):
                let status = error.code == .circuitOpen ? "circuit_open" : "error"
                finish(started, operation, status: status, retries, error: error, result: nil)
                throw error
            case .cancelled: throw CancellationError()
            }
        } catch is CancellationError {
            let retries = context.account.retries - retriesBefore
            finish(started, operation, status: "canceled", retries, error: nil, result: nil)
            throw CancellationError()
        }
    }

    // MARK: Fields

    func fields(
        accept: String, _ extra: [(String, String)], _ context: SubRequestContext
    ) -> HTTPFields {
        var fields = HTTPFields()
        if !accept.isEmpty { fields.append("Accept", accept) }
        if let tenant = context.tenant { fields.append("X-Scope-OrgID", tenant) }
        fields.append("User-Agent", Self.userAgent)
        for field in context.forwardedFields {
            let name = field.name.lowercased()
            if name == "authorization", hasOwnAuthorization || !target.forwardAuthorization { continue }
            fields.append(field.name, field.value)
        }
        for (name, value) in extra { fields.set(name, value) }
        for (name, value) in ownFields { fields.set(name, value) }
        if let authorization = credentials.authorization { fields.set("Authorization", authorization) }
        return fields
    }

    // MARK: Answers

    /// The error that a status other than the expected one stands for.
    func error(for result: HTTPClientResult, _ context: SubRequestContext) -> UpstreamError {
        let text = Self.boundedText(result.body)
        let code: UpstreamError.Code = result.status == 404 ? .misrouted : .status(result.status)
        return UpstreamError(
            code, message: text, target: target.name, tenant: context.tenant,
            retryAfter: result.fields["Retry-After"])
    }

    /// The body of a 200 that must be protobuf.
    func protobufBody(of result: HTTPClientResult, _ context: SubRequestContext) throws(UpstreamError) -> [UInt8] {
        guard result.fields["Content-Type"] == "application/protobuf" else {
            throw malformed("its Content-Type is not application/protobuf", context)
        }
        return result.body
    }

    /// Decodes by `Content-Type`: exactly `application/protobuf`, or strict JSON for anything else, as Tempo does.
    func decode<Message: WireMessage>(
        _ type: Message.Type, from result: HTTPClientResult, _ context: SubRequestContext
    ) async throws -> Message {
        let isProtobuf = result.fields["Content-Type"] == "application/protobuf"
        let body = result.body
        return try await OffLoop.run(cost: body.count) { () throws(UpstreamError) -> Message in
            do throws(WireError) {
                return isProtobuf
                    ? try Message.decode(protobuf: body, limits: .default)
                    : try Message.decode(json: body, limits: .default)
            } catch {
                let prefix =
                    isProtobuf ? "error unmarshalling proto response body" : "error unmarshalling response body"
                throw self.malformed("\(prefix): \(error)", context)
            }
        }
    }

    func malformed(_ text: String, _ context: SubRequestContext) -> UpstreamError {
        let error = UpstreamError(.malformedAnswer, message: text, target: target.name, tenant: context.tenant)
        return error
    }

    func upstreamError(for error: any Error, _ context: SubRequestContext) -> UpstreamError {
        func failure(_ code: UpstreamError.Code, _ message: String) -> UpstreamError {
            UpstreamError(code, message: message, target: target.name, tenant: context.tenant)
        }
        if let exceeded = error as? ByteBudgetExceeded {
            return failure(
                .answerTooLarge,
                "the answers of this query are larger than \(exceeded.limit) bytes "
                    + "(federation.query_max_response_bytes)")
        }
        guard let error = error as? HTTPClientError else { return failure(.transport, "\(error)") }
        return switch error.code {
        case .deadlineExceeded, .firstByteTimeout, .connectTimeout, .bodyTimeout: failure(.timeout, error.message)
        case .bodyTooLarge: failure(.answerTooLarge, error.message)
        case .poolExhausted: failure(.status(429), "too many requests to target \(target.name): \(error.message)")
        default: failure(.transport, error.message)
        }
    }

    private func finish(
        _ started: ContinuousClock.Instant, _ operation: Operation, status: String, _ retries: Int,
        error: UpstreamError?, result: HTTPClientResult?
    ) {
        let elapsed = environment.clock.now - started
        // The status pages need no tenant, so a target's own words, which may speak of one, do not stand there.
        var text = error.map { $0.code == .transport ? $0.message : $0.shortReason }
        var kind = error?.shortReason
        if let result, Self.isFault(result.status) {
            text = "status \(result.status)"
            kind = text
        }
        state.ended(
            elapsed: elapsed, error: text, kind: kind, isReachable: result != nil ? true : error.flatMap(\.isReachable),
            wasAsked: error?.code != .circuitOpen, unixSeconds: environment.wallClock.unixNanoseconds / 1_000_000_000)
        metrics.ended(operation, status: status, elapsed: elapsed, retries: retries)
    }

    /// Statuses that speak of the target rather than of the question.
    private static func isFault(_ status: Int) -> Bool {
        switch status {
        case 500..., 300..<400, 401, 403: true
        default: false
        }
    }

    /// An upstream's error text: valid UTF-8, at most 4 KB.
    static func boundedText(_ body: [UInt8]) -> String {
        String(decoding: body.prefix(4096), as: UTF8.self)
    }
}

extension UpstreamError {
    /// Whether the failure shows that the target can be reached; nil: it tells neither.
    fileprivate var isReachable: Bool? {
        switch code {
        case .transport, .timeout: false
        case .answerTooLarge: true
        default: nil
        }
    }
}

extension HTTPClientResult {
    /// The router's answer for a path that is not served, as opposed to a lookup that found nothing.
    var saysPageNotFound: Bool { body.starts(with: "404 page not found".utf8) }

    /// The 404 of a lookup for a trace that is not there: empty, or as older Tempos say it, a short text that speaks of a trace. What
    /// a gateway says of a path that it does not serve speaks of the path, in HTML or in JSON with fields of its own.
    var saysTraceNotFound: Bool {
        guard !body.isEmpty else { return true }
        guard body.count <= 256, !saysPageNotFound else { return false }
        let text = String(decoding: body, as: UTF8.self).lowercased()
        let first = text.first { !$0.isWhitespace }
        if first == "<" { return false }
        if text.contains("trace not found") { return true }
        return text.contains("not found") && text.contains("trace") && !text.contains("/") && first != "{"
            && first != "["
    }
}
