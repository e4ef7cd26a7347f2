import TenantFederation

/// Makes the keys of the questions to one target.
///
/// A key holds everything that can change the answer: target, tenant, kind of question, its parameters, and of the client's
/// fields those that go to the target, or the credentials in a file that go there instead. Of these only a salted hash is kept.
struct CacheKeys: Sendable {
    private let target: String
    /// Whether the client's Authorization goes there.
    private let sendsAuthorization: Bool
    /// Credentials of our own that may change while the process runs.
    private let ownAuthorization: @Sendable () -> String?
    private let salt: [UInt8]
    private let texts: CanonicalTexts
    /// Seconds in which the windows of questions for tags are not told apart while they move.
    private let tagStep: Int64
    /// Nanoseconds; a window that ended longer ago does not move.
    private let closedAfter: Int64

    /// - Parameters:
    ///   - ownAuthorization: credentials of the target's settings that may change while the process runs; nil: there are none.
    ///   - salt: random bytes of this process.
    ///   - texts: of queries; may be shared by targets.
    ///   - life: of kept answers.
    init(
        target: String, sendsAuthorization: Bool, ownAuthorization: @escaping @Sendable () -> String? = { nil },
        salt: [UInt8], texts: CanonicalTexts, life: AnswerLife
    ) {
        tagStep = life.ofTags / 1_000_000_000
        closedAfter = life.closedAfter
        self.target = target
        self.sendsAuthorization = sendsAuthorization
        self.ownAuthorization = ownAuthorization
        self.salt = salt
        self.texts = texts
    }

    /// 32 bytes for ``init(target:sendsAuthorization:ownAuthorization:salt:texts:life:)``.
    static func randomSalt() -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }

    // MARK: Questions

    func trace(_ lookup: TraceLookup, _ context: SubRequestContext) -> CacheKey? {
        key(1, context) { writer in
            writer.add(lookup.traceID)
            add(lookup.parameters, to: &writer)
        }
    }

    func search(_ query: SearchQuery, _ context: SubRequestContext) -> CacheKey? {
        key(2, context) { writer in
            writer.add(query.conditions.count)
            for condition in query.conditions {
                writer.add(condition.name)
                if condition.name == "q" {
                    add(query: condition.value, to: &writer)
                } else {
                    writer.add(condition.value)
                }
            }
            writer.add(query.limit)
            writer.add(query.spansPerSpanSet)
            writer.add(query.start)
            writer.add(query.end)
        }
    }

    /// - Parameter now: Unix nanoseconds.
    func tagNames(_ query: TagNamesQuery, isScoped: Bool, at now: Int64, _ context: SubRequestContext) -> CacheKey? {
        key(isScoped ? 4 : 3, context) { writer in
            add(query.parameters, to: &writer)
            add(query.start, query.end, at: now, to: &writer)
        }
    }

    /// - Parameter now: Unix nanoseconds.
    func tagValues(_ query: TagValuesQuery, isTyped: Bool, at now: Int64, _ context: SubRequestContext) -> CacheKey? {
        key(isTyped ? 6 : 5, context) { writer in
            writer.add(query.tagName)
            add(query.parameters, to: &writer)
            add(query.start, query.end, at: now, to: &writer)
        }
    }

    func series(_ query: SeriesQuery, _ context: SubRequestContext) -> CacheKey? {
        key(7, context) { writer in
            add(query: query.text, to: &writer)
            writer.add(query.start)
            writer.add(query.end)
            writer.add(query.step)
            writer.add(query.isInstant)
            writer.add(query.exemplars)
            add(query.parameters, to: &writer)
        }
    }

    // MARK: Fields

    private func key(
        _ kind: UInt8, _ context: SubRequestContext, _ add: (inout CacheKeyWriter) -> Void
    ) -> CacheKey? {
        guard let caller = callerDigest(context.forwardedFields) else { return nil }
        var writer = CacheKeyWriter(kind: kind)
        writer.add(target)
        writer.add(context.tenant)
        writer.add(caller)
        add(&writer)
        return writer.key
    }

    private func add(_ parameters: [QueryParameter], to writer: inout CacheKeyWriter) {
        writer.add(parameters.count)
        for parameter in parameters {
            writer.add(parameter.name)
            writer.add(parameter.value)
        }
    }

    private func add(_ start: UInt32, _ end: UInt32, at now: Int64, to writer: inout CacheKeyWriter) {
        let (border, overflow) = now.subtractingReportingOverflow(closedAfter)
        let window = TagWindow(
            start: start, end: end, step: tagStep, closed: overflow ? .max : border / 1_000_000_000)
        writer.add(window.isMoving)
        writer.add(window.first)
        writer.add(window.last)
    }

    private func add(query text: String, to writer: inout CacheKeyWriter) {
        let canonical = texts.canonical(text)
        writer.add(canonical != nil)
        writer.add(canonical ?? text)
    }

    /// Fields that say where a request belongs in a trace of its own, and nothing of what is asked.
    private static let traceContext: Set<String> = ["traceparent", "tracestate", "baggage", "uber-trace-id"]

    /// The hash of in whose name the target is asked; empty when that is nobody's, nil when it is too long to look at.
    private func callerDigest(_ fields: [ForwardedField]) -> [UInt8]? {
        var writer = CacheKeyWriter(kind: 0)
        var isEmpty = true
        let own = ownAuthorization()
        writer.add(own)
        if own != nil { isEmpty = false }
        for field in fields {
            let name = field.name.lowercased()
            if Self.traceContext.contains(name) || (name == "authorization" && !sendsAuthorization) { continue }
            isEmpty = false
            writer.add(name)
            writer.add(field.value)
        }
        if isEmpty { return [] }
        return writer.key.map { SHA256.digest(salt + $0.bytes) }
    }
}
