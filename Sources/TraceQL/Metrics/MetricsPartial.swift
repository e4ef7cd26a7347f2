/// What was gathered for one sub-query: a state that merges with those of other tenants, targets or blocks.
///
/// Merging is associative and commutative (to the last bit, but for sums and averages of more than some 100 significant
/// bits, and unless a limit cut something): parts may come in any order.
public struct MetricsPartial: Sendable {
    /// The function whose values these are.
    public let function: MetricsFunction
    /// The intervals.
    public let range: MetricsRange
    /// The most exemplars kept; 0 for none.
    public let exemplarLimit: Int
    /// Whether something is missing: a limit was reached, or a part was cut where it came from.
    public var isCut = false
    /// Whether a limit of ours was reached.
    private(set) var isFull = false

    let aggregation: Aggregation
    let limits: MetricsLimits
    private(set) var identities: [SeriesIdentity] = []
    private(set) var rows: [PartialRow] = []
    private var index: [SeriesIdentity: Int] = [:]
    /// By group for quantiles, in one for all others.
    private(set) var exemplars: [SeriesIdentity: ExemplarReservoir] = [:]
    private let emptyReservoir: ExemplarReservoir

    /// An empty state.
    public init(
        _ function: MetricsFunction, range: MetricsRange, exemplarLimit: Int = 0,
        limits: MetricsLimits = MetricsLimits()
    ) {
        self.function = function
        self.range = range
        self.exemplarLimit = max(0, exemplarLimit)
        self.limits = limits
        aggregation = Aggregation(function.kind)
        emptyReservoir = ExemplarReservoir(limit: exemplarLimit, range: range)
    }

    /// How many series were gathered; buckets of histograms and quantiles count.
    public var seriesCount: Int { rows.count }

    /// Takes in another state of the same function and range. States of other intervals are a mistake of the caller and
    /// are taken for cut.
    public mutating func merge(_ other: MetricsPartial) {
        guard other.range == range, other.aggregation == aggregation else {
            isCut = true
            return
        }
        isCut = isCut || other.isCut
        isFull = isFull || other.isFull
        for (identity, row) in zip(other.identities, other.rows) {
            guard let position = self.row(for: identity) else { continue }
            rows[position].merge(row, aggregation)
        }
        for (group, reservoir) in other.exemplars { exemplars[group, default: emptyReservoir].merge(reservoir) }
    }

    /// The position of a series, which is made if it is new; nil when a limit does not allow another.
    mutating func row(for identity: SeriesIdentity) -> Int? {
        if let position = index[identity] { return position }
        let cells = (rows.count + 1).multipliedReportingOverflow(by: range.count * cellsOfInterval)
        guard rows.count < limits.maxGatheredSeries, !cells.overflow, cells.partialValue <= limits.maxCells else {
            isCut = true
            isFull = true
            return nil
        }
        index[identity] = rows.count
        identities.append(identity)
        rows.append(PartialRow(aggregation, count: range.count))
        return rows.count - 1
    }

    /// How many numbers a series may come to for an interval, gathered or finished. A bucket may be a group of its own, with all
    /// quantiles; a few of them are no more than what their buckets take.
    private var cellsOfInterval: Int {
        guard case .quantileOverTime(_, let quantiles) = function.kind else { return PartialRow.width(aggregation) }
        return max(1, (quantiles.count + 3) / 4)
    }

    /// Adds to one interval of a series.
    @inline(__always)
    mutating func add(_ value: Double, weight: Double = 1, row: Int, interval: Int) {
        rows[row].add(value, weight: weight, at: interval, aggregation)
    }

    /// Adds to several intervals of a series.
    mutating func update(_ row: Int, _ body: (inout PartialRow) -> Void) { body(&rows[row]) }

    /// Takes in a row that was gathered elsewhere.
    mutating func merge(_ row: PartialRow, into identity: SeriesIdentity) {
        guard let position = self.row(for: identity) else { return }
        rows[position].merge(row, aggregation)
    }

    /// Offers an exemplar of a series.
    mutating func insert(_ exemplar: MetricsExemplar, series: SeriesIdentity) {
        guard !emptyReservoir.isDisabled else { return }
        let scope = exemplarScope(series)
        guard exemplars[scope] != nil || exemplars.count < limits.maxGatheredSeries else { return }
        exemplars[scope, default: emptyReservoir].insert(exemplar, series: series)
    }

    /// Whether an exemplar of this time might be kept: a cheap test before one is made.
    func wantsExemplar(of series: SeriesIdentity, milliseconds: Int64) -> Bool {
        (exemplars[exemplarScope(series)] ?? emptyReservoir).wants(milliseconds: milliseconds)
    }

    /// The series that share a budget of exemplars: those of one group of a quantile, else all.
    func exemplarScope(_ series: SeriesIdentity) -> SeriesIdentity {
        guard case .quantileOverTime = function.kind else { return SeriesIdentity([]) }
        return SeriesIdentity(series.labels.filter { $0.name != MetricsLabel.Name.bucket })
    }

    /// The value of a series at an interval; not a number for none.
    func value(row: Int, interval: Int) -> Double { rows[row].value(at: interval, aggregation) }
}
