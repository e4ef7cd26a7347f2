/// Which attributes of a matching span an answer lists.
struct ReportPlan: Sendable {
    /// A value that the filters loaded.
    struct Loaded: Sendable {
        var name: [UInt8]
        var level: ValueSource.Level
        /// Place among the entries of the level.
        var index: Int
    }

    /// A value that `select()` names, which is brought in full.
    struct Selected: Sendable {
        var name: [UInt8]
        var source: ValueSource
    }

    private(set) var loaded: [Loaded] = []
    private(set) var selected: [Selected] = []
    /// Whether `select()` brings the names of all spans.
    private(set) var selectsNames = false
    /// Where the names are that the filters loaded, among the entries of spans.
    private(set) var nameEntry: Int?
    /// Whether the query mentions `name`.
    var reportsNames: Bool { selectsNames || nameEntry != nil }

    init(_ plan: FetchPlan, _ attributes: [(Attribute, [ValueSource])]) {
        var seen: Set<ValueSource> = []
        for (attribute, sources) in attributes {
            for source in sources where seen.insert(source).inserted {
                let name = attribute.intrinsic.map { Array($0.text.utf8) } ?? attribute.nameBytes
                if source.intrinsic == .name { selectsNames = true }
                if Self.isListed(source.intrinsic) { selected.append(Selected(name: name, source: source)) }
            }
        }
        for level in [ValueSource.Level.span, .resource, .event, .link, .scope] {
            for (index, entry) in plan.plan(level).entries.enumerated() {
                if entry.source.intrinsic == .name { nameEntry = index }
                guard Self.isListed(entry.source.intrinsic), !seen.contains(entry.source) else { continue }
                loaded.append(Loaded(name: entry.name, level: level, index: index))
            }
        }
    }

    /// What has a field of its own in the answer is not listed.
    private static func isListed(_ intrinsic: Intrinsic?) -> Bool {
        switch intrinsic {
        case .name, .duration, .traceDuration, .traceRootName, .traceRootService, .traceID, .spanID, .spanStartTime:
            false
        default: true
        }
    }
}
