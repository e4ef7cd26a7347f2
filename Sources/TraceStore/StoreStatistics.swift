/// What the store holds now.
package struct StoreStatistics: Sendable, Equatable {
    package struct Tenant: Sendable, Equatable {
        /// Spans in memory that are not in a segment yet.
        package var unsealedSpans = 0
        /// Bytes of memory they take, about.
        package var unsealedBytes = 0
        /// Segment files, the spans in them and their bytes.
        package var segments = 0
        package var sealedSpans = 0
        package var sealedBytes = 0

        package init() {}
    }

    /// By tenant.
    package var tenants: [String: Tenant] = [:]
    /// Log files and their bytes.
    package var logFiles = 0
    package var logBytes = 0

    package init() {}
}
