/// What a value is read from.
struct ValueSource: Sendable, Hashable, BitwiseCopyable {
    enum Level: UInt8, Sendable, BitwiseCopyable {
        case span, event, link, resource, scope, trace
    }

    var level: Level
    /// The slot of an attribute in the projection; -1 for an intrinsic.
    var slot: Int32
    var intrinsic: Intrinsic?
}

/// A value that is loaded once a row, with what it has to pass.
struct FetchEntry: Sendable {
    var source: ValueSource
    /// The key, or the canonical text of the intrinsic: what an unscoped attribute finds it by, and what answers call it.
    var name: [UInt8]
    /// Tests of an intrinsic's values (and of the service name).
    var tests: [Int] = []
    /// Whether the values are wanted whatever they are.
    var isLoaded = false
    /// The same, because of a condition that filters no spans.
    var isLoadedOptionally = false
    /// Whether some condition wants a value to exist or to compare.
    var isRequired = false
    /// Whether some condition wants the key to be missing.
    var testsNil = false
    /// Whether a span must lack the key.
    var requiresNil = false
    /// Whether there is a condition that says more than "load".
    var isTested = false

    /// `service.name` of the resource, which stores keep like an intrinsic.
    var isServiceName: Bool { source.level == .resource && source.slot == 0 }
    var isAttribute: Bool { source.slot >= 0 }
}

/// What attributes of one type must pass at one level, whichever attribute it was written for.
enum TypeFilter: Sendable, BitwiseCopyable {
    /// Nothing asks for values of the type.
    case closed
    /// All pass.
    case open
    /// Values pass that pass one of some tests (`FetchPlan.filterTests`).
    case tests(first: Int32, count: Int32)
    /// The same for strings: one string test.
    case stringTest(Int32)

    var isClosed: Bool { if case .closed = self { true } else { false } }
}

/// What attributes must pass at one level.
struct LevelFilter: Sendable, BitwiseCopyable {
    var ints = TypeFilter.closed
    var floats = TypeFilter.closed
    var strings = TypeFilter.closed
    var booleans = TypeFilter.closed

    /// How many types are asked for.
    var openTypes: Int { [ints, floats, strings, booleans].count { !$0.isClosed } }
}

/// The rows of one level that are loaded.
struct LevelPlan: Sendable {
    var entries: [FetchEntry] = []
    var filter = LevelFilter()
    /// The number of `filter.openTypes`.
    var openTypes = 0
    /// How many different attributes are asked for, missing ones included.
    var requiredNames = 0
    /// Whether some attribute must have a value.
    var requiresAttribute = false
}

/// What is loaded of every trace before expressions run, and which spans they see.
struct FetchPlan: Sendable {
    /// Entries of the spans themselves.
    var span = LevelPlan()
    var event = LevelPlan()
    var link = LevelPlan()
    var resource = LevelPlan()
    var scope = LevelPlan()
    var trace = LevelPlan()
    /// Whether a span must satisfy every condition.
    var isConjunction = true
    /// Whether all spans are seen, whatever was loaded.
    var seesAllSpans = false
    /// Whether every span has its start loaded.
    var loadsStart = false
    /// Numbers of tests that type filters and entries refer to.
    var filterTests: ContiguousArray<Int32> = []
    /// Whether some loaded value comes from the tree.
    var needsTree = false

    /// The width of a loaded span row: entries of spans, then of events, then of links.
    var spanWidth: Int { span.entries.count + event.entries.count + link.entries.count }

    func plan(_ level: ValueSource.Level) -> LevelPlan {
        switch level {
        case .span: span
        case .event: event
        case .link: link
        case .resource: resource
        case .scope: scope
        case .trace: trace
        }
    }
}
