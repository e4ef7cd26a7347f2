/// What a query needs of every span of a trace: what the filler of a `SpanTable` has to bring.
///
/// An attribute's position in its list is its *slot*, by which the filler sets values (`SpanTable.setSpanAttribute` and so
/// on). Lists hold no key twice. An unscoped attribute of the query is in both `span` and `resource`, and in others when the
/// query could see it there.
public struct Projection: Sendable, Hashable {
    /// Keys of span attributes, as UTF-8.
    public internal(set) var span: [[UInt8]] = []
    /// Keys of resource attributes. Slot 0 is always `service.name`.
    public internal(set) var resource: [[UInt8]] = [Array("service.name".utf8)]
    /// Keys of attributes of instrumentation scopes.
    public internal(set) var scope: [[UInt8]] = []
    /// Keys of event attributes.
    public internal(set) var event: [[UInt8]] = []
    /// Keys of link attributes.
    public internal(set) var link: [[UInt8]] = []

    /// Whether `SpanTable.Span.statusMessage` is read.
    public internal(set) var needsStatusMessages = false
    /// Whether name and version of instrumentation scopes are read.
    public internal(set) var needsScopeNames = false
    /// Whether the events of spans are read: their names, times and the attributes in `event`. If not, none need be added.
    public internal(set) var needsEvents = false
    /// Whether the links of spans are read: their ids and the attributes in `link`. If not, none need be added.
    public internal(set) var needsLinks = false
    /// Whether parent ids decide the result: structural operators, nested set numbers, child counts. The ids themselves
    /// are part of every span all the same.
    public internal(set) var needsTree = false
    /// Whether all attributes of spans and resources are wanted beside those of the lists (`compare()`):
    /// `SpanTable.listSpanAttribute` and `listResourceAttribute`.
    public internal(set) var needsEverything = false

    /// Only `service.name` of resources, and what every span has.
    public init() {}

    /// The slot of a key, a new one if need be.
    mutating func slot(_ key: [UInt8], _ list: WritableKeyPath<Projection, [[UInt8]]>) -> Int {
        if let index = self[keyPath: list].firstIndex(of: key) { return index }
        self[keyPath: list].append(key)
        return self[keyPath: list].count - 1
    }
}
