package import TraceQL

/// The reserved attributes that tell where a span came from, though no span carries them: its tenant and its target.
///
/// They may stand in filters, in `by()`, in `select()` and among tags. What a tenant's own spans carry under these names is
/// reached as `original_NAME`.
package struct SourceAttributes: Sendable, Equatable {
    /// The name of the tenant's attribute; empty: off.
    package var tenantName: String
    /// The name of the target's attribute; empty: off.
    package var targetName: String
    /// Whether the names stand among the tags.
    package var areListed: Bool

    /// What stands before the name of an attribute that spans carry themselves.
    package static let originalPrefix = "original_"

    package init(tenantName: String = "__tenant_id__", targetName: String = "__cluster__", areListed: Bool = false) {
        self.tenantName = tenantName
        self.targetName = targetName
        self.areListed = areListed
    }

    package var names: [String] { [tenantName, targetName].filter { !$0.isEmpty } }

    /// Whether a text may speak of them: a cheap test before it is parsed.
    package func mayStand(in text: String) -> Bool {
        names.contains { name in
            let pattern = Array(name.utf8)
            return text.utf8.withContiguousStorageIfAvailable { Self.find(pattern, in: $0) }
                ?? Self.find(pattern, in: Array(text.utf8))
        }
    }

    private static func find<Bytes: RandomAccessCollection<UInt8>>(_ pattern: [UInt8], in bytes: Bytes) -> Bool {
        guard let first = pattern.first, bytes.count >= pattern.count else { return false }
        var rest = bytes[...]
        while let position = rest.firstIndex(of: first) {
            if rest[position...].starts(with: pattern) { return true }
            rest = rest[rest.index(after: position)...]
        }
        return false
    }

    /// Whether a query uses one of them.
    package func areUsed(in query: Query) -> Bool {
        var finder = SourceAttributeFinder(attributes: self)
        _ = finder.rewrite(query)
        return finder.isFound
    }

    /// Whether a query reads one of them without a scope.
    package func areUsedWithoutScope(in query: Query) -> Bool {
        var finder = SourceAttributeFinder(attributes: self)
        _ = finder.rewrite(query)
        return finder.isFoundWithoutScope
    }

    /// The value of a reserved attribute at a place; nil for other attributes.
    func value(_ attribute: Attribute, at place: Place) -> String? {
        guard attribute.intrinsic == nil, !attribute.isOfParent,
            attribute.scope == .resource || attribute.scope == .none
        else { return nil }
        if !tenantName.isEmpty, attribute.nameBytes.elementsEqual(tenantName.utf8) { return place.tenant }
        if !targetName.isEmpty, attribute.nameBytes.elementsEqual(targetName.utf8) { return place.target }
        return nil
    }

    /// The attribute of the spans themselves that an `original_` name stands for; nil for other names.
    func carried(_ attribute: Attribute) -> Attribute? {
        guard attribute.intrinsic == nil, attribute.scope == .resource || attribute.scope == .none else { return nil }
        return carriedName(attribute.name).map { Attribute(attribute.scope, $0, isOfParent: attribute.isOfParent) }
    }

    func carriedName(_ name: String) -> String? {
        names.first { name == Self.originalPrefix + $0 }
    }

    /// Where a sub-request goes.
    package struct Place: Sendable, Hashable {
        package var tenant: String
        package var target: String

        package init(tenant: String, target: String) {
            self.tenant = tenant
            self.target = target
        }
    }
}

/// Looks for reserved attributes and for names that stand for those of spans.
private struct SourceAttributeFinder: QueryRewriter {
    let attributes: SourceAttributes
    var isFound = false
    var isFoundWithoutScope = false

    mutating func rewrite(_ attribute: Attribute) -> Attribute {
        let place = SourceAttributes.Place(tenant: "", target: "")
        let isReserved = attributes.value(attribute, at: place) != nil
        if isReserved || attributes.carried(attribute) != nil { isFound = true }
        if isReserved, attribute.scope == .none { isFoundWithoutScope = true }
        return attribute
    }
}
