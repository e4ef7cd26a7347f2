import TempoAPI

/// The root of a trace of which several parts are known.
///
/// A trace may have several spans without a parent, and each part that has one tells of a root. Inside one tenant the root is the
/// one that came last; of several tenants it is the one that started last, of equal starts the one with the greater id. Headers do
/// not tell when a root started, so where several parts have one their roots are asked for (`SearchCombiner.Role.roots`).
struct SearchRoots {
    struct Root: Equatable {
        var serviceName: String
        var name: String
    }

    private struct Part {
        /// Whom to ask.
        var origin: PartOrigin
        var root: Root?
        /// By start.
        var dated: (start: UInt64, id: ExactText, root: Root)?
        /// Its spans without a parent have been listed, all of them.
        var isDated = false
    }

    private let parts: [Part]

    /// - Parameter copies: of one trace.
    init(_ copies: [SearchCombiner.Copy]) {
        var order: [SearchTraceMerger.Group] = []
        var parts: [SearchTraceMerger.Group: Part] = [:]
        for copy in copies.sorted(by: { ($0.origin, $0.sequence) < ($1.origin, $1.sequence) }) {
            let group = SearchTraceMerger.Group(copy.origin)
            if parts[group] == nil { order.append(group) }
            var part = parts[group] ?? Part(origin: copy.origin)
            if part.root == nil { part.root = Self.told(copy.trace) }
            if copy.role == .roots { Self.date(copy.trace.spanSets, &part) }
            parts[group] = part
        }
        self.parts = order.compactMap { parts[$0] }.filter { $0.root != nil }
    }

    /// Whether several parts tell of different roots.
    var isAmbiguous: Bool { parts.dropFirst().contains { $0.root != parts[0].root } }

    /// Who has to tell when its roots started before the root of the whole is known.
    var undated: [PartOrigin] { isAmbiguous ? parts.filter { !$0.isDated }.map(\.origin) : [] }

    /// The root of the whole, as far as it is known; nil when nobody knows a root.
    var root: Root? {
        guard isAmbiguous else { return parts.first?.root }
        let last = parts.compactMap(\.dated).max { ($0.start, $0.id) < ($1.start, $1.id) }
        return last?.root ?? (parts.first { $0.root?.isWhole == true } ?? parts.first)?.root
    }

    /// The placeholder is no name.
    private static func told(_ trace: TraceSearchMetadata) -> Root? {
        let isUnknown = trace.rootServiceName == SearchCombiner.rootPlaceholder
        let root = Root(serviceName: isUnknown ? "" : trace.rootServiceName, name: trace.rootTraceName)
        return root.serviceName.isEmpty && root.name.isEmpty ? nil : root
    }

    private static func date(_ sets: [SpanSet], _ part: inout Part) {
        for set in sets {
            for span in set.spans {
                let id = ExactText(span.spanID)
                if let known = part.dated, (known.start, known.id) >= (span.startTimeUnixNano, id) { continue }
                part.dated = (
                    span.startTimeUnixNano, id, Root(serviceName: serviceName(span), name: span.name)
                )
            }
            part.isDated = part.isDated || Int(set.matched) <= set.spans.count
        }
    }

    private static func serviceName(_ span: SearchSpan) -> String {
        for attribute in span.attributes where attribute.key == "service.name" {
            if case .string(let text)? = attribute.value?.value { return text }
        }
        return ""
    }
}

extension SearchRoots.Root {
    fileprivate var isWhole: Bool { !serviceName.isEmpty && !name.isEmpty }
}
