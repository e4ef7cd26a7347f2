/// Where an attribute is looked up.
public enum AttributeScope: String, Sendable, Hashable, CaseIterable {
    /// `.key`: the span's attribute, else the resource's.
    case none
    /// `span.key`
    case span
    /// `resource.key`
    case resource
    /// `instrumentation.key`
    case instrumentation
    /// `event.key`
    case event
    /// `link.key`
    case link
}

/// An attribute or intrinsic as an expression names it.
public struct Attribute: Sendable, Hashable {
    /// The scope; `.none` for intrinsics, which stand for themselves.
    public var scope: AttributeScope
    /// Whether the attribute is that of the span's parent (`parent.`); such queries parse and are refused by validation.
    public var isOfParent: Bool
    /// The name without scope and quotes as UTF-8; empty for intrinsics.
    public var nameBytes: [UInt8]
    /// The intrinsic, when this names one.
    public var intrinsic: Intrinsic?

    /// An attribute by scope and name.
    public init(_ scope: AttributeScope, _ name: String, isOfParent: Bool = false) {
        self.init(scope: scope, nameBytes: Array(name.utf8), isOfParent: isOfParent)
    }

    /// An intrinsic.
    public init(_ intrinsic: Intrinsic) {
        self.scope = .none
        self.isOfParent = false
        self.nameBytes = []
        self.intrinsic = intrinsic
    }

    init(scope: AttributeScope, nameBytes: [UInt8], isOfParent: Bool) {
        self.scope = scope
        self.isOfParent = isOfParent
        self.nameBytes = nameBytes
        self.intrinsic = nil
    }

    /// Consistent with `==`.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(scope)
        hasher.combine(isOfParent)
        hasher.combine(intrinsic)
        nameBytes.withUnsafeBytes { hasher.combine(bytes: $0) }
    }

    /// The name without scope and quotes; empty for intrinsics.
    public var name: String { String(decoding: nameBytes, as: UTF8.self) }

    /// Whether this is `resource.service.name`, which stores keep apart and which is never missing.
    public var isServiceName: Bool {
        scope == .resource && !isOfParent && intrinsic == nil && nameBytes == Self.serviceName
    }

    private static let serviceName = Array("service.name".utf8)

    /// The type known without a span: that of an intrinsic, `.any` for every attribute.
    public var staticType: StaticType { intrinsic?.staticType ?? .any }
}
