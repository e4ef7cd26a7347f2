/// A refusal together with header fields that belong to it.
struct QueryFailure: Error {
    var error: APIError
    var fields: [(String, String)] = []
}
