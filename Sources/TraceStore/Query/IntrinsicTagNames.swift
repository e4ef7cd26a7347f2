/// The names that Tempo lists under the scope `intrinsic` of tag names, sorted by their bytes.
package enum IntrinsicTagNames {
    /// All of them.
    package static let sorted = [
        "duration", "event:name", "event:timeSinceStart", "instrumentation:name", "instrumentation:version", "kind",
        "link:spanID", "link:traceID", "name", "rootName", "rootServiceName", "span:duration", "span:id", "span:kind",
        "span:name", "span:parentID", "span:status", "span:statusMessage", "status", "statusMessage", "trace:duration",
        "trace:id", "trace:rootName", "trace:rootService", "traceDuration",
    ]
}
