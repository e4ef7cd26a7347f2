/// Where the store lies and how much it takes.
package struct TraceStoreConfiguration: Sendable {
    /// The folder, made when it is missing. One store at a time may have it open.
    package var path: String
    /// What accepted data is bounded by.
    package var limits = IngestLimits()
    /// A head is sealed into a segment when it has this many spans.
    package var maxHeadSpans = 250_000
    /// ... or about this many bytes of memory.
    package var maxHeadBytes = 64 << 20
    /// ... or its first span arrived this many nanoseconds ago.
    package var maxHeadAge: UInt64 = 1800 * 1_000_000_000
    /// A log file is ended, and a new one begun, after this many bytes.
    package var maxLogFileBytes = 64 << 20
    /// Heads are sealed early so that at most this many log files are kept.
    package var maxLogFiles = 8
    /// Pushes that wait for the log may hold this many bytes; beyond, pushes are refused as overloaded.
    package var maxPendingLogBytes = 64 << 20
    /// A push that waits longer for the log, in nanoseconds, fails as not stored, though it may be there later: the disk hangs. Until it
    /// answers, pushes are refused at once.
    package var maxLogWait: UInt64 = 10 * 1_000_000_000
    /// Spans of all tenants that are in memory and not yet sealed may take about this many bytes; beyond, pushes are refused as
    /// overloaded. From half of it on the largest heads are sealed early.
    package var maxUnsealedBytes = 512 << 20
    /// This many segments of like size are merged into one.
    package var mergeSegments = 4
    /// Merging makes no segment larger than this.
    package var maxSegmentBytes = 256 << 20
    /// Merging makes no segment whose spans were received over a longer time than this, in nanoseconds, since it is deleted whole.
    package var maxSegmentSpan: UInt64 = 4 * 3600 * 1_000_000_000
    /// How many tenants may store spans; a further one is refused.
    package var maxTenants = 10_000
    /// How long and how much a tenant keeps. Asked again and again, so it may change while the store runs.
    package var retention: @Sendable (_ tenant: String) -> RetentionPolicy = { _ in RetentionPolicy() }
    /// How often the work of `run()` looks whether something is to be sealed, merged or deleted, in nanoseconds.
    package var maintenanceInterval: UInt64 = 5 * 1_000_000_000

    package init(path: String) { self.path = path }
}

/// How long and how much a tenant keeps. Whole segments are deleted, oldest first.
package struct RetentionPolicy: Sendable, Equatable {
    /// Nanoseconds after a segment's last span was received; 0 keeps forever. Default 14 days, Tempo's `block_retention`.
    package var age: UInt64 = 14 * 86400 * 1_000_000_000
    /// Bytes of sealed segments; 0 for no bound.
    package var bytes: Int = 0

    package init() {}

    package init(age: UInt64, bytes: Int = 0) {
        self.age = age
        self.bytes = bytes
    }
}

/// Bounds on what one push may hold.
package struct IngestLimits: Sendable, Equatable {
    /// The largest body in bytes; beyond it: ``PushError/tooLarge(_:)``.
    package var maxRequestBytes = 16 << 20
    /// How many spans a request may hold; beyond: ``PushError/tooLarge(_:)``.
    package var maxSpansPerRequest = 200_000
    /// Attributes, events, links, resources and scopes that a request may hold altogether; beyond: ``PushError/tooLarge(_:)``.
    package var maxElementsPerRequest = 2_000_000
    /// Keys and string values of attributes are cut to this many bytes, at a whole character; 0 cuts nothing. Tempo's
    /// `max_attribute_bytes`.
    package var maxAttributeBytes = 2048
    /// Attributes of one span, event, link, scope or resource beyond this many are dropped and added to its dropped count.
    package var maxAttributes = 4096
    /// Events of one span beyond this many are dropped and counted likewise.
    package var maxEvents = 10_000
    /// Links of one span beyond this many are dropped and counted likewise.
    package var maxLinks = 10_000
    /// How deep lists may nest in an attribute's value; deeper is malformed.
    package var maxValueDepth = 32
    /// Lists, key-value lists and bytes as values, in bytes of their encoding; an attribute beyond is dropped and counted likewise.
    package var maxEncodedValueBytes = 1 << 20

    package init() {}

    /// Nesting is never allowed beyond this, whatever is configured: lists are read by recursion.
    static let greatestValueDepth = 100

    /// Bounds for what was accepted once.
    static var forReplay: IngestLimits {
        var limits = IngestLimits()
        limits.maxRequestBytes = .max
        limits.maxSpansPerRequest = .max
        limits.maxElementsPerRequest = .max
        limits.maxValueDepth = greatestValueDepth
        return limits
    }
}
