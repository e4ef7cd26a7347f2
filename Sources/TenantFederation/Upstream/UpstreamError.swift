/// Why a sub-request gave no answer.
package struct UpstreamError: Error, Sendable, Equatable {
    package enum Code: Sendable, Equatable {
        /// The upstream answered with this HTTP status, after all attempts.
        case status(Int)
        /// No connection, a reset, a broken or missing response head.
        case transport
        /// Nobody was asked: the upstream failed so often of late that it is left alone for a while.
        case circuitOpen
        /// The deadline of the sub-request passed.
        case timeout
        /// A 200 whose body is not what was asked for.
        case malformedAnswer
        /// The body is larger than the upstream's `max_body_bytes`.
        case answerTooLarge
        /// The path is not served there: a 404 that does not speak of a trace.
        case misrouted
        /// The upstream is a Tempo, or speaks like one, but does not know this endpoint, and said so with this status: 404 or 501.
        case notServed(Int)
    }

    package var code: Code
    /// The upstream's own text for `status`, ours otherwise; bounded.
    package var message: String
    /// Name of the target.
    package var target: String
    /// The tenant that was asked for, when there was one.
    package var tenant: String?
    /// `Retry-After` of the upstream's answer.
    package var retryAfter: String?

    package init(_ code: Code, message: String, target: String, tenant: String? = nil, retryAfter: String? = nil) {
        self.code = code
        self.message = message
        self.target = target
        self.tenant = tenant
        self.retryAfter = retryAfter
    }

    /// The fixed order in which one error of many is shown: 429, other 4xx, 5xx, then transport. Lower shows first.
    package var precedence: Int {
        switch code {
        case .status(429): 0
        case .status(400..<500), .misrouted, .notServed(404): 1
        case .status, .notServed, .malformedAnswer, .answerTooLarge: 2
        case .transport, .circuitOpen, .timeout: 3
        }
    }
}
