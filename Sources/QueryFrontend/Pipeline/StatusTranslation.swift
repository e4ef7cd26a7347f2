import TenantFederation

/// What the client sees of a failed sub-request.
///
/// The upstreams are public Tempo APIs, so a refusal of the question (400, 422, 429) is trustworthy and passes with its
/// text; what only concerns us and a target (a path it does not serve, credentials, a broken answer) becomes a 502 that
/// names the target.
enum StatusTranslation {
    /// - Parameters:
    ///   - targetCount: distinct targets of the query; with one, a 5xx passes unchanged.
    ///   - sentCallersAuthorization: the caller's own Authorization went to that target, so 401 and 403 are meant for it.
    static func response(
        for error: UpstreamError, targetCount: Int, sentCallersAuthorization: Bool
    ) -> APIError {
        let name = "target \(error.target)"
        switch error.code {
        case .status(let status):
            switch status {
            case 400, 422, 429:
                return APIError(status: status, message: error.message, shape: .plain)
            case 401, 403:
                if sentCallersAuthorization {
                    return APIError(status: status, message: error.message, shape: .plain)
                }
                return APIError(
                    status: 502, message: "\(name) refused our credentials with status \(status)", shape: .plain)
            case 500...599 where targetCount == 1:
                return APIError(status: status, message: error.message, shape: .plain)
            default:
                let text = error.message.isEmpty ? "" : ": \(error.message)"
                return APIError(status: 502, message: "\(name) answered with status \(status)\(text)", shape: .plain)
            }
        case .notServed:
            return APIError(status: 502, message: error.message, shape: .plain)
        case .misrouted:
            return APIError(
                status: 502,
                message: "\(name) does not serve this path (404: \(error.firstLine)); check its url and path prefix",
                shape: .plain)
        case .timeout:
            return APIError(status: 504, message: "\(name) did not answer in time", shape: .plain)
        case .transport:
            return APIError(status: 502, message: "\(name) cannot be reached: \(error.message)", shape: .plain)
        case .circuitOpen:
            return APIError(status: 502, message: "\(name) is not asked: \(error.message)", shape: .plain)
        case .malformedAnswer:
            return APIError(
                status: 502, message: "\(name) gave an answer that cannot be read: \(error.message)", shape: .plain)
        case .answerTooLarge:
            return APIError(status: 502, message: "\(name): \(error.message)", shape: .plain)
        }
    }
}

extension UpstreamError {
    /// The message up to its first line feed.
    fileprivate var firstLine: Substring { message.prefix { !$0.isNewline } }
}
