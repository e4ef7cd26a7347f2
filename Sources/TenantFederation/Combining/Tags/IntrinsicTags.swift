/// The names that Tempo's query-frontend adds to lists of tags, whatever the data holds.
package enum IntrinsicTags {
    /// All of them, sorted.
    package static let names = [
        "duration", "event:name", "event:timeSinceStart", "instrumentation:name", "instrumentation:version", "kind",
        "link:spanID", "link:traceID", "name", "rootName", "rootServiceName", "span:duration", "span:id", "span:kind",
        "span:name", "span:parentID", "span:status", "span:statusMessage", "status", "statusMessage", "trace:duration",
        "trace:id", "trace:rootName", "trace:rootService", "traceDuration",
    ]

    /// The scope that holds them.
    package static let scope = "intrinsic"

    /// Tags whose value is empty where a tenant holds a part of a trace without its root.
    package static func emptyMeansUnknown(tag: String) -> Bool {
        switch tag {
        case "rootServiceName", "rootName", "trace:rootService", "trace:rootName": true
        default: false
        }
    }
}
