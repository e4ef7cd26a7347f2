public import HTTPTransport
import TempoAPI
import TenantFederation
import TraceStore

/// OTLP over HTTP into the embedded store, as a value: it takes a request and gives a response.
///
/// `POST /v1/traces` with `application/x-protobuf` or `application/json`; a span is there once the answer is 200. Refusals are
/// `google.rpc.Status` in the encoding of the request, as the OTLP specification has it.
public final class OTLPReceiver: Sendable {
    private let store: EmbeddedStore
    private let overrides: OverridesStore
    private let resolver: TenantResolver
    private let maxBodyBytes: Int
    private let inFlight: ByteBudget
    private let rate = IngestionRate()
    private let metrics: ReceiverMetrics
    private let logger: Logger

    /// - Parameter configuration: valid, with a receiver.
    public init(
        configuration: FrontendConfiguration, overrides: OverridesStore, store: EmbeddedStore, logger: Logger,
        metrics: FrontendMetrics
    ) {
        self.store = store
        self.overrides = overrides
        self.logger = logger
        self.metrics = ReceiverMetrics(metrics)
        // A span belongs to one tenant, whatever the frontend allows for queries.
        resolver = TenantResolver(
            multitenancyEnabled: configuration.multitenancyEnabled, multiTenantQueriesEnabled: false)
        maxBodyBytes = (configuration.distributor.otlpHTTP ?? OTLPHTTPConfiguration()).maxRequestBodySize
        inFlight = ByteBudget(limit: configuration.distributor.maxInflightBytes)
    }

    /// Answers one request. Never throws.
    public func respond(to request: HTTPServerRequest) async -> HTTPResponse {
        let path = request.target.prefix { $0 != "?" }
        guard path == "/v1/traces" else { return HTTPResponse(.pageNotFound, isQuery: false) }
        guard request.method == "POST" else {
            var response = HTTPResponse(status: 405, text: "405 method not allowed, supported: [POST]\n", noSniff: true)
            response.fields.append("Allow", "POST")
            return response
        }
        guard let encoding = OTLPEncoding(contentType: request.fields["Content-Type"]) else {
            return HTTPResponse(
                status: 415,
                text: "415 unsupported media type, supported: [application/json, application/x-protobuf]\n",
                noSniff: true)
        }
        do {
            return try await export(request, encoding)
        } catch let refusal as OTLPRefusal {
            return refusal.response(encoding)
        } catch {
            logger.error("unexpected error of an export", ["err": "\(error)"])
            return OTLPRefusal(status: 500, message: "\(error)", reason: "internal_error").response(encoding)
        }
    }

    private func export(_ request: HTTPServerRequest, _ encoding: OTLPEncoding) async throws -> HTTPResponse {
        let tenant = try tenant(of: request)
        let body = try await collect(request.body)
        defer { inFlight.giveBack(body.count) }
        metrics.bytesReceived.with(tenant).increment(by: body.count)
        do {
            let outcome = try await push(body, encoding, tenant)
            metrics.spansReceived.with(tenant).increment(by: outcome.acceptedSpans + outcome.rejectedSpans)
            metrics.discardedSpans.with("invalid_span", tenant).increment(by: outcome.rejectedSpans)
            var answer = ExportTraceServiceResponse()
            if outcome.rejectedSpans > 0 || !outcome.message.isEmpty {
                answer.partialSuccess = ExportTracePartialSuccess(
                    rejectedSpans: Int64(outcome.rejectedSpans), errorMessage: outcome.message)
            }
            var fields = HTTPFields()
            fields.append("Content-Type", encoding.contentType)
            return HTTPResponse(status: 200, fields: fields, body: .bytes(encoding.encode(answer)))
        } catch let refusal as OTLPRefusal {
            let spans = await OffLoop.run(cost: body.count) { SpanCount.of(body, encoding) }
            metrics.spansReceived.with(tenant).increment(by: spans)
            metrics.discardedSpans.with(refusal.reason, tenant).increment(by: spans)
            logger.debug(
                "refused an export",
                ["tenant": .string(tenant), "status": .int(refusal.status), "err": .string(refusal.message)])
            throw refusal
        }
    }

    private func tenant(of request: HTTPServerRequest) throws -> String {
        do throws(TenantError) {
            let tenants = try resolver.resolve(headerValues: request.fields.bytes("X-Scope-OrgID"))
            return tenants[0].name
        } catch {
            throw OTLPRefusal(status: error.status, message: error.message, reason: "invalid_tenant")
        }
    }

    /// The body, whose bytes are taken from what may be in flight; the caller gives them back.
    private func collect(_ source: HTTPRequestBody) async throws -> [UInt8] {
        var body: [UInt8] = []
        do {
            while let chunk = try await source.nextChunk() {
                guard body.count + chunk.count <= maxBodyBytes else {
                    throw OTLPRefusal(
                        status: 413, message: "request body is larger than \(maxBodyBytes) bytes",
                        reason: "request_too_large")
                }
                guard inFlight.take(chunk.count) else {
                    throw OTLPRefusal(
                        status: 429,
                        message: "more than \(inFlight.limit) bytes of exports are in flight "
                            + "(distributor.max_inflight_bytes)",
                        retryAfter: 1, reason: "rate_limited")
                }
                body += chunk
            }
            return body
        } catch {
            inFlight.giveBack(body.count)
            if let error = error as? HTTPBodyError {
                throw OTLPRefusal(status: error.status, message: error.message, reason: "unreadable_body")
            }
            throw error
        }
    }

    private func push(_ body: [UInt8], _ encoding: OTLPEncoding, _ tenant: String) async throws -> PushOutcome {
        guard let store = store.store else {
            throw OTLPRefusal(
                status: 503, message: "the store is starting", retryAfter: 1, reason: "internal_error")
        }
        let limits = overrides.limits(for: tenant)
        if let seconds = rate.take(
            body.count, tenant: tenant, rate: limits.ingestionRateLimitBytes, burst: limits.ingestionBurstSizeBytes)
        {
            throw OTLPRefusal(
                status: 429,
                message:
                    "RATE_LIMITED: tenant \(tenant) sends more than \(limits.ingestionRateLimitBytes) bytes a second "
                    + "(overrides ingestion.rate_limit_bytes)",
                retryAfter: seconds, reason: "rate_limited")
        }
        let started = ContinuousClock.now
        defer { metrics.pushDuration.observe(ContinuousClock.now - started) }
        do {
            // Never on the loop, however small: it takes the tenant's lock, which a large push of another client may hold for long.
            return try await OffLoop.runAsync(cost: .max) {
                try await store.push(body, encoding: encoding, tenant: tenant)
            }
        } catch let error as PushError {
            switch error {
            case .malformed(let text): throw OTLPRefusal(status: 400, message: text, reason: "malformed")
            case .tooLarge(let text): throw OTLPRefusal(status: 413, message: text, reason: "request_too_large")
            case .overloaded(let text, let seconds):
                throw OTLPRefusal(status: 429, message: text, retryAfter: seconds, reason: "live_traces_exceeded")
            case .storageFailed(let text):
                throw OTLPRefusal(status: 503, message: text, retryAfter: 5, reason: "internal_error")
            }
        } catch is CancellationError {
            throw OTLPRefusal(
                status: 503, message: "the export was cancelled", retryAfter: 1, reason: "internal_error")
        }
    }
}

extension HTTPServer.Configuration {
    /// The listener of the receiver, with the times and bounds of the main one.
    public init(receiver: OTLPHTTPConfiguration, server: ServerConfiguration) {
        self.init(server)
        let address = receiver.address ?? (host: "127.0.0.1", port: 4318)
        host = address.host
        port = address.port
        maxBodyBytes = receiver.maxRequestBodySize
    }
}
