/// What became of a push that was stored.
package struct PushOutcome: Sendable, Equatable {
    /// Spans that were stored.
    package var acceptedSpans: Int
    /// Spans that were not, one by one, because of their ids: `rejected_spans` of the answer's `partial_success`.
    package var rejectedSpans: Int
    /// Why, when there are any: `error_message` of `partial_success`; else empty.
    package var message: String

    package init(acceptedSpans: Int, rejectedSpans: Int = 0, message: String = "") {
        self.acceptedSpans = acceptedSpans
        self.rejectedSpans = rejectedSpans
        self.message = message
    }
}

/// Why a push failed. The texts are for the client.
package enum PushError: Error, Sendable, Equatable {
    /// The body is no OTLP export request. Nothing was stored. HTTP 400.
    case malformed(String)
    /// The body is beyond a limit. Nothing was stored. HTTP 413.
    case tooLarge(String)
    /// There is no room now. Nothing was stored. HTTP 429.
    case overloaded(String, retryAfterSeconds: Int)
    /// The request could not be made durable. It may or may not be there after a restart. HTTP 503.
    case storageFailed(String)
}
