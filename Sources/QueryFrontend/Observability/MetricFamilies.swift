import Synchronization

/// The series of one family, by label values, with the bound on distinct values.
struct SeriesTable<Series: AnyObject & Sendable>: Sendable {
    /// Series of one family; beyond it every label value becomes `_other`.
    static var maxSeries: Int { 20_000 }

    private var series: [[String]: Series] = [:]
    private var seen: [Set<String>]

    init(labels: [MetricLabel]) {
        seen = Array(repeating: [], count: labels.count)
    }

    /// The series for these label values; made when new.
    mutating func find(_ values: [String], labels: [MetricLabel], make: () -> Series) -> Series {
        if let found = series[values] { return found }
        // Too few or too many values would be a mistake in this program; it must not lose the others.
        var bounded = values
        while bounded.count < labels.count { bounded.append("") }
        bounded.removeLast(bounded.count - labels.count)
        for index in bounded.indices {
            if seen[index].contains(bounded[index]) { continue }
            // A value can be a whole header of a client: its length is bounded too.
            if seen[index].count >= labels[index].maxValues || bounded[index].utf8.count > 1024 {
                bounded[index] = MetricLabel.other
            }
        }
        if series[bounded] == nil, series.count >= Self.maxSeries {
            bounded = bounded.map { _ in MetricLabel.other }
        }
        if let found = series[bounded] { return found }
        for index in bounded.indices where bounded[index] != MetricLabel.other { seen[index].insert(bounded[index]) }
        let made = make()
        series[bounded] = made
        return made
    }

    mutating func removeAll() {
        series = [:]
        seen = Array(repeating: [], count: seen.count)
    }

    var sorted: [(key: [String], value: Series)] {
        series.sorted { $0.key.lexicographicallyPrecedes($1.key) }
    }
}

/// Counters of one name.
public final class CounterFamily: MetricFamily {
    let description: MetricDescription
    private let table: Mutex<SeriesTable<Counter>>

    init(_ description: MetricDescription) {
        self.description = description
        table = Mutex(SeriesTable(labels: description.labels))
        if description.labels.isEmpty { _ = with() }
    }

    /// The counter for these label values, in the order of the family's labels. Keep it where it is used often.
    public func with(_ values: String...) -> Counter { with(values) }

    /// The counter for these label values.
    public func with(_ values: [String]) -> Counter {
        table.withLock { $0.find(values, labels: description.labels) { Counter() } }
    }

    func write(to writer: inout ExpositionWriter) {
        let series = table.withLock { $0.sorted }
        writer.head(description, isEmpty: series.isEmpty)
        for (values, counter) in series {
            writer.sample(description.name, labels: description.labels, values: values, value: Double(counter.value))
        }
    }
}

/// A number that only grows.
public final class Counter: Sendable {
    private let count = Atomic<UInt64>(0)

    /// What was counted so far.
    public var value: UInt64 { count.load(ordering: .relaxed) }

    /// Counts one.
    public func increment() { count.wrappingAdd(1, ordering: .relaxed) }

    /// Counts several; a negative amount counts as none.
    public func increment(by amount: Int) {
        if amount > 0 { count.wrappingAdd(UInt64(amount), ordering: .relaxed) }
    }
}

/// Gauges of one name.
public final class GaugeFamily: MetricFamily {
    let description: MetricDescription
    private let table: Mutex<SeriesTable<Gauge>>

    init(_ description: MetricDescription) {
        self.description = description
        table = Mutex(SeriesTable(labels: description.labels))
        if description.labels.isEmpty { _ = with() }
    }

    /// The gauge for these label values, in the order of the family's labels.
    public func with(_ values: String...) -> Gauge { with(values) }

    /// The gauge for these label values.
    public func with(_ values: [String]) -> Gauge {
        table.withLock { $0.find(values, labels: description.labels) { Gauge() } }
    }

    /// Forgets all series, for gauges that describe a set which was replaced.
    public func removeAll() { table.withLock { $0.removeAll() } }

    func write(to writer: inout ExpositionWriter) {
        let series = table.withLock { $0.sorted }
        writer.head(description, isEmpty: series.isEmpty)
        for (values, gauge) in series {
            writer.sample(description.name, labels: description.labels, values: values, value: gauge.value)
        }
    }
}

/// A number that goes up and down.
public final class Gauge: Sendable {
    private let bits = Atomic<UInt64>(0)

    /// The present value.
    public var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

    /// Sets the value.
    public func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }

    /// Adds, which may be negative.
    public func add(_ amount: Double) {
        var old = bits.load(ordering: .relaxed)
        while true {
            let new = (Double(bitPattern: old) + amount).bitPattern
            let (exchanged, found) = bits.compareExchange(expected: old, desired: new, ordering: .relaxed)
            if exchanged { return }
            old = found
        }
    }

    /// Adds one.
    public func increment() { add(1) }

    /// Takes one away.
    public func decrement() { add(-1) }
}

/// Histograms of one name.
public final class HistogramFamily: MetricFamily {
    let description: MetricDescription
    private let buckets: [Double]
    private let table: Mutex<SeriesTable<Histogram>>

    init(_ description: MetricDescription, buckets: [Double]) {
        precondition(zip(buckets, buckets.dropFirst()).allSatisfy { $0 < $1 }, "buckets must ascend")
        self.description = description
        self.buckets = buckets
        table = Mutex(SeriesTable(labels: description.labels))
        if description.labels.isEmpty { _ = with() }
    }

    /// The histogram for these label values, in the order of the family's labels.
    public func with(_ values: String...) -> Histogram { with(values) }

    /// The histogram for these label values.
    public func with(_ values: [String]) -> Histogram {
        table.withLock { $0.find(values, labels: description.labels) { Histogram(buckets: buckets) } }
    }

    func write(to writer: inout ExpositionWriter) {
        let series = table.withLock { $0.sorted }
        writer.head(description, isEmpty: series.isEmpty)
        for (values, histogram) in series {
            let state = histogram.snapshot
            var sum: UInt64 = 0
            for (index, bound) in (buckets + [.infinity]).enumerated() {
                sum &+= state.counts[index]
                writer.sample(
                    description.name + "_bucket", labels: description.labels, values: values,
                    bound: ExpositionWriter.number(bound), value: Double(sum))
            }
            writer.sample(description.name + "_sum", labels: description.labels, values: values, value: state.sum)
            writer.sample(
                description.name + "_count", labels: description.labels, values: values, value: Double(sum))
        }
    }
}

/// Counts observations by size.
public final class Histogram: Sendable {
    struct State {
        var counts: [UInt64]
        var sum = 0.0
    }

    private let buckets: [Double]
    private let state: Mutex<State>

    init(buckets: [Double]) {
        self.buckets = buckets
        state = Mutex(State(counts: Array(repeating: 0, count: buckets.count + 1)))
    }

    var snapshot: State { state.withLock { $0 } }

    /// Counts one value; not-a-number is ignored.
    public func observe(_ value: Double) {
        guard !value.isNaN else { return }
        let index = buckets.firstIndex { value <= $0 } ?? buckets.count
        state.withLock {
            $0.counts[index] &+= 1
            $0.sum += value
        }
    }

    /// Counts a duration, in seconds.
    public func observe(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        observe(Double(seconds) + Double(attoseconds) / 1e18)
    }
}

/// Gauges whose values are asked for.
final class CallbackGaugeFamily: MetricFamily {
    let description: MetricDescription
    private let read: @Sendable () -> [(labels: [String], value: Double)]

    init(_ description: MetricDescription, read: @escaping @Sendable () -> [(labels: [String], value: Double)]) {
        self.description = description
        self.read = read
    }

    func write(to writer: inout ExpositionWriter) {
        var samples = read().filter { $0.labels.count == description.labels.count }
        samples.sort { $0.labels.lexicographicallyPrecedes($1.labels) }
        writer.head(description, isEmpty: samples.isEmpty)
        for sample in samples {
            writer.sample(description.name, labels: description.labels, values: sample.labels, value: sample.value)
        }
    }
}
