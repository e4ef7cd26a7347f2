import HTTPTransport

/// What the loss of a member means for one query: the configuration's word, or the caller's.
struct PartialPolicy: Sendable, Equatable {
    /// The field of a request by which its caller decides: `allow` or `deny`.
    static let fieldName = "X-Tempo-Federation-Partial-Response"

    /// An answer without the members that failed is given, and marked.
    var isAllowed: Bool
    /// The caller refuses any loss, also that of an endpoint which a target does not know.
    var isStrict: Bool

    /// `federation.allow_partial_responses`.
    init(isAllowed: Bool) {
        self.isAllowed = isAllowed
        isStrict = false
    }

    /// - Throws: 400 for another value, or for several unlike ones.
    init(_ fields: HTTPFields, isAllowedByDefault: Bool) throws(APIError) {
        self.init(isAllowed: isAllowedByDefault)
        let values = Set(fields.all(Self.fieldName))
        guard let value = values.first else { return }
        guard values.count == 1, value == "allow" || value == "deny" else {
            let shown = GoQuotedText.quote(Array(value.utf8.prefix(32)))
            throw .badRequest(
                values.count > 1
                    ? "\(Self.fieldName): must be given once" : "\(Self.fieldName): must be allow or deny, is \(shown)")
        }
        isAllowed = value == "allow"
        isStrict = !isAllowed
    }
}
