/// An answer that refuses a request before any upstream is asked: a status, a text and how the two are put on the wire.
struct APIError: Error, Equatable, Sendable {
    /// How the message becomes a response; the three forms in which Tempo writes errors.
    enum Shape: Equatable, Sendable {
        /// The message without newline, `text/plain; charset=utf-8`: handlers, checks and limits.
        case plain
        /// The message and a newline, `text/plain; charset=utf-8`, `X-Content-Type-Options: nosniff`: authentication, router.
        case line
        /// No body and no content type.
        case empty
    }

    let status: Int
    let message: String
    let shape: Shape

    init(status: Int, message: String, shape: Shape = .plain) {
        self.status = status
        self.message = message
        self.shape = shape
    }

    /// The 400 of every parameter check.
    static func badRequest(_ message: String) -> APIError {
        APIError(status: 400, message: message)
    }

    /// A path that no route matches.
    static let pageNotFound = APIError(status: 404, message: "404 page not found", shape: .line)

    /// A method that the router does not take; trace diff alone has a text of its own.
    static let methodNotAllowed = APIError(status: 405, message: "", shape: .empty)

    /// A request target that is no URL.
    static let malformedTarget = APIError(status: 400, message: "400 Bad Request")
}

/// Why a text is not of its grammar, in the words of the Go function that reads the same grammar. Becomes an `APIError`
/// once the parameter's name is put in front.
struct GrammarError: Error, Equatable, Sendable {
    let message: String
}
