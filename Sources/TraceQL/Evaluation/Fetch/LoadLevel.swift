/// A `FetchEntry` as the loader needs it.
struct LoadStep: Sendable, BitwiseCopyable {
    var source: ValueSource
    /// Tests of an intrinsic, in `FetchPlan.filterTests`.
    var firstTest: Int32
    var testCount: Int32
    var isLoaded: Bool
    var isLoadedOptionally: Bool
    var isRequired: Bool
    var testsNil: Bool
    var requiresNil: Bool
    var isTested: Bool
    var isServiceName: Bool

    var isAttribute: Bool { source.slot >= 0 }
}

/// What is loaded of every row of a level.
struct LoadLevel: Sendable {
    var steps: ContiguousArray<LoadStep> = []
    var filter = LevelFilter()
    var openTypes = 0
    /// How many attributes must be there or be missing.
    var requiredNames = 0
    /// Whether one attribute at least must have something loaded.
    var requiresAttribute = false
    /// For events and links: whether a span needs a row at all.
    var requiresRow = false
    /// How many values a row of events or links must have; keys that are missing as they should count.
    var requiredValues = 0
}

/// What came of loading a row, counting only what conditions ask for that are not optional.
struct LoadOutcome: BitwiseCopyable {
    /// No condition that must hold has failed.
    var passes = true
    /// Entries, those without value included.
    var entries = 0
    /// Entries with a value.
    var values = 0
    /// Attributes with an entry, those without value included; missing ones do not count.
    var attributes = 0
    /// Attributes with a value, and those that are missing as they should.
    var attributeValues = 0
}

extension Intrinsic {
    /// `nestedSetLeft`, `nestedSetRight` and `nestedSetParent`.
    var isNestedSetNumber: Bool {
        switch self {
        case .nestedSetLeft, .nestedSetRight, .nestedSetParent: true
        default: false
        }
    }
}
