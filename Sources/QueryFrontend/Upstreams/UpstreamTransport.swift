import HTTPTransport
import TenantFederation

/// What carries a request to a target and its answer back: HTTP in the program, a script in tests.
protocol UpstreamTransport: Sendable {
    /// - Parameters:
    ///   - maxBodyBytes: a larger body is an error.
    ///   - budget: the bytes that the whole query may hold; the answer's bytes are taken from it.
    /// - Throws: `HTTPClientError`, `ByteBudgetExceeded` or `CancellationError`.
    func send(
        _ request: HTTPClientRequest, maxBodyBytes: Int, budget: ByteBudget
    ) async throws -> HTTPClientResult
}

/// The answers of a query are larger than `federation.query_max_response_bytes` together.
struct ByteBudgetExceeded: Error {
    let limit: Int
}

extension HTTPClient: UpstreamTransport {
    func send(
        _ request: HTTPClientRequest, maxBodyBytes: Int, budget: ByteBudget
    ) async throws -> HTTPClientResult {
        try await withResponse(to: request) { response in
            // The length that the head states is that of a body which does not come.
            let body =
                request.method == "HEAD"
                ? [] : try await Self.body(of: response, maxBodyBytes: maxBodyBytes, budget: budget)
            return HTTPClientResult(status: response.status, fields: response.fields, body: body)
        }
    }

    /// An announced length is taken from the budget before the first byte is read, any other body piece by piece.
    private static func body(
        of response: HTTPClientResponse, maxBodyBytes: Int, budget: ByteBudget
    ) async throws -> [UInt8] {
        if let length = response.fields["Content-Length"].flatMap({ Int($0) }) {
            guard length <= maxBodyBytes else { throw tooLarge(maxBodyBytes) }
            guard budget.take(length) else { throw ByteBudgetExceeded(limit: budget.limit) }
            do {
                return try await response.collect(upTo: length)
            } catch {
                budget.giveBack(length)
                throw error
            }
        }
        var body: [UInt8] = []
        do {
            while let chunk = try await response.nextChunk() {
                guard chunk.count <= maxBodyBytes - body.count else { throw tooLarge(maxBodyBytes) }
                guard budget.take(chunk.count) else { throw ByteBudgetExceeded(limit: budget.limit) }
                body += chunk
            }
        } catch {
            budget.giveBack(body.count)
            throw error
        }
        return body
    }

    private static func tooLarge(_ limit: Int) -> HTTPClientError {
        HTTPClientError(code: .bodyTooLarge, message: "the answer is larger than \(limit) bytes (max_body_bytes)")
    }
}
