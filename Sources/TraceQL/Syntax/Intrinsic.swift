/// The values every span has, whatever its attributes.
public enum Intrinsic: Sendable, Hashable, CaseIterable, BitwiseCopyable {
    case duration, name, status, statusMessage, kind
    case spanID, spanParentID, spanChildCount
    case traceDuration, traceRootName, traceRootService, traceID
    case eventName, eventTimeSinceStart
    case linkTraceID, linkSpanID
    case instrumentationName, instrumentationVersion
    case nestedSetLeft, nestedSetRight, nestedSetParent
    /// `parent`: parses, and is refused by validation.
    case parent
    /// What storage conditions name when they want every span; never written.
    case spanStartTime
    /// What storage conditions name for `>>` and `<<`; never written.
    case structuralDescendant
    /// What storage conditions name for `>` and `<`; never written.
    case structuralChild
    /// What storage conditions name for `~`; never written.
    case structuralSibling

    /// What an intrinsic belongs to.
    public enum Level: Sendable, Hashable {
        case span, trace, event, link, instrumentation
        /// Derived from the shape of the whole trace: child counts and nested set numbers.
        case tree
    }

    /// The canonical spelling.
    public var text: String {
        switch self {
        case .duration: "duration"
        case .name: "name"
        case .status: "status"
        case .statusMessage: "statusMessage"
        case .kind: "kind"
        case .spanID: "span:id"
        case .spanParentID: "span:parentID"
        case .spanChildCount: "span:childCount"
        case .traceDuration: "traceDuration"
        case .traceRootName: "rootName"
        case .traceRootService: "rootServiceName"
        case .traceID: "trace:id"
        case .eventName: "event:name"
        case .eventTimeSinceStart: "event:timeSinceStart"
        case .linkTraceID: "link:traceID"
        case .linkSpanID: "link:spanID"
        case .instrumentationName: "instrumentation:name"
        case .instrumentationVersion: "instrumentation:version"
        case .nestedSetLeft: "nestedSetLeft"
        case .nestedSetRight: "nestedSetRight"
        case .nestedSetParent: "nestedSetParent"
        case .parent: "parent"
        case .spanStartTime: "spanStartTime"
        case .structuralDescendant: "<structural:descendant>"
        case .structuralChild: "<structural:child>"
        case .structuralSibling: "<structural:sibling>"
        }
    }

    /// The type known without a span. `.any` for the two of the instrumentation scope, as in Tempo.
    public var staticType: StaticType {
        switch self {
        case .duration, .traceDuration, .eventTimeSinceStart, .spanStartTime: .duration
        case .name, .statusMessage, .spanID, .spanParentID, .traceRootName, .traceRootService, .traceID, .eventName,
            .linkTraceID, .linkSpanID:
            .string
        case .status: .status
        case .kind: .kind
        case .spanChildCount, .nestedSetLeft, .nestedSetRight, .nestedSetParent: .int
        case .instrumentationName, .instrumentationVersion: .any
        case .parent, .structuralDescendant, .structuralChild, .structuralSibling: .null
        }
    }

    /// What the value belongs to.
    public var level: Level {
        switch self {
        case .duration, .name, .status, .statusMessage, .kind, .spanID, .spanParentID, .spanStartTime: .span
        case .traceDuration, .traceRootName, .traceRootService, .traceID: .trace
        case .eventName, .eventTimeSinceStart: .event
        case .linkTraceID, .linkSpanID: .link
        case .instrumentationName, .instrumentationVersion: .instrumentation
        case .spanChildCount, .nestedSetLeft, .nestedSetRight, .nestedSetParent, .parent, .structuralDescendant,
            .structuralChild, .structuralSibling:
            .tree
        }
    }
}
