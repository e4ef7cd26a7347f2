import Synchronization

/// All metric families of a process, and their text for `/metrics` (Prometheus text format 0.0.4).
///
/// Families are made once, at start; a second family of one name is a programmer's error and traps.
/// Incrementing takes an atomic or a short lock; the registry's own lock is only taken while making and exposing.
public final class MetricsRegistry: Sendable {
    private let families = Mutex<[String: any MetricFamily]>([:])

    /// The content type of ``expose()``.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// An empty registry.
    public init() {}

    /// Makes a family of counters.
    public func counter(_ name: String, _ help: String, labels: [MetricLabel] = []) -> CounterFamily {
        add(CounterFamily(MetricDescription(name: name, help: help, kind: "counter", labels: labels)))
    }

    /// Makes a family of gauges.
    public func gauge(_ name: String, _ help: String, labels: [MetricLabel] = []) -> GaugeFamily {
        add(GaugeFamily(MetricDescription(name: name, help: help, kind: "gauge", labels: labels)))
    }

    /// Makes a family of histograms. `buckets` are upper bounds, ascending, without the infinite one.
    public func histogram(
        _ name: String, _ help: String, labels: [MetricLabel] = [], buckets: [Double]
    ) -> HistogramFamily {
        let description = MetricDescription(name: name, help: help, kind: "histogram", labels: labels)
        return add(HistogramFamily(description, buckets: buckets))
    }

    /// Makes a family of gauges whose values are asked for when they are exposed; `read` gives label values and value.
    /// `read` must be quick and must not touch this registry.
    public func gauge(
        _ name: String, _ help: String, labels: [MetricLabel] = [],
        read: @escaping @Sendable () -> [(labels: [String], value: Double)]
    ) {
        _ = add(
            CallbackGaugeFamily(
                MetricDescription(name: name, help: help, kind: "gauge", labels: labels), read: read))
    }

    /// The text of all families, sorted by name, their series sorted by label values. Families without series are left out.
    public func expose() -> [UInt8] {
        let all = families.withLock { $0.values.sorted { $0.description.name < $1.description.name } }
        var writer = ExpositionWriter()
        for family in all { family.write(to: &writer) }
        return writer.bytes
    }

    private func add<Family: MetricFamily>(_ family: Family) -> Family {
        families.withLock { families in
            let name = family.description.name
            precondition(families[name] == nil, "metric \(name) is made twice")
            families[name] = family
        }
        return family
    }
}

/// The name of a label and how many distinct values it may have in one family.
public struct MetricLabel: Sendable, Equatable, ExpressibleByStringLiteral {
    /// The label's name.
    public let name: String
    /// Distinct values kept; any further one is counted under `_other`.
    public let maxValues: Int

    /// What stands for the values beyond the bound.
    public static let other = "_other"

    /// A label with a bound of its own.
    public init(_ name: String, maxValues: Int = 256) {
        self.name = name
        self.maxValues = maxValues
    }

    /// A label with the usual bound of 256 values.
    public init(stringLiteral value: String) {
        self.init(value)
    }
}

/// What a family is called and how it is labelled.
struct MetricDescription: Sendable {
    let name: String
    let help: String
    let kind: String
    let labels: [MetricLabel]

    init(name: String, help: String, kind: String, labels: [MetricLabel]) {
        precondition(ExpositionWriter.isName(name), "bad metric name \(name)")
        precondition(labels.allSatisfy { ExpositionWriter.isName($0.name) }, "bad label name in \(name)")
        self.name = name
        self.help = help
        self.kind = kind
        self.labels = labels
    }
}

/// A family that can write itself.
protocol MetricFamily: AnyObject, Sendable {
    var description: MetricDescription { get }
    func write(to writer: inout ExpositionWriter)
}
